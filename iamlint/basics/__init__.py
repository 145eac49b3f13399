"""What Python lacks for this program: cheap value classes, patterns compiled when they are first used, a quick hash."""
