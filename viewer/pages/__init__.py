"""The pages that the server renders: sign-in, the township's desk and the patient's phone."""
