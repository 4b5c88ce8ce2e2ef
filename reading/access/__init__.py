"""The one door to a person's data: which rows a viewer may see, and the recorded look at each."""
