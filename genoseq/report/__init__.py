"""Pages for people, made from result files; never torch."""
