"""What those who watch over others look at: the day, the month's pace, what waits, a member's file. Reads only."""
