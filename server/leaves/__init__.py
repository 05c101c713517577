"""请假/公出/培训: an approved absence; the policy says what each kind does to the count."""
