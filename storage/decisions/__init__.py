"""What people and checks decided: place, quarantine, damage, erasure."""
