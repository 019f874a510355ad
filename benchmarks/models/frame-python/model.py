"""The frame arrives as a pandas frame and goes back."""


def back(frame):
    """Touch a column, give the frame back."""
    assert len(frame.iloc[:, 0]) == len(frame)
    return {"back": frame}
