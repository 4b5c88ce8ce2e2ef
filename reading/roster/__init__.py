"""People at work: skills, rosters, absences, limits of open cases, and the weight of a case."""
