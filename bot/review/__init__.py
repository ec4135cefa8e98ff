"""`verse feedback review`: a terminal screen that goes through questions, one key a decision."""
