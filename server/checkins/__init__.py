"""打卡: evidence is gathered, judged and stored; people review, appeal and attest."""
