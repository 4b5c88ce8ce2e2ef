"""The subcommands of `tierread`, one file each."""
