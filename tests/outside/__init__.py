"""A second opinion on decisions, from an evaluator that others wrote."""
