"""抽查: the draw that nobody can aim, the selfie challenge, and the call to a station's landline."""
