"""个人信息: what a person may have of their own data, and have deleted."""
