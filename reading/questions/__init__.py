"""Short questions to colleagues about a case: they wait in a list, and go to those on duty where somebody is away."""
