"""An encoding of policies for SMT solvers, to hold the prover's answers against (see `encode`)."""
