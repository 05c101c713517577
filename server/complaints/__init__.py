"""意见: complaints and suggestions, which somebody answers within a term (国办函〔2026〕12号 asks for such a way)."""
