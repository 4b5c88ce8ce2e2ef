"""The supervisor, the roles that it forks (scp, web, worker), HTTP and health."""
