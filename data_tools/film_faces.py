"""Faces in films made unreadable, by whatever detector this machine has.

OpenCV 5 ships the detector FaceDetectorYN without its model, and no Haar cascades any more; OpenCV 4 shipped both the
cascades and their reader. Nothing is downloaded: without a detector there is an error, and never an unblurred film.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from data_tools.errors import DataError

Box = tuple[int, int, int, int]
"""Left, top, width and height, pixels."""
Detector = Callable[[NDArray[np.uint8]], list[Box]]
"""From a picture of shape (height, width, 3), RGB, to the faces in it."""
Frame = tuple[float, NDArray[np.uint8]]
"""Capture time in seconds, and the picture."""
HOLD_S = 0.5
"""A face that was found is taken to be there so long before and after: detectors miss some frames."""
_MARGIN = 0.4  # hair and chin lie outside of what detectors call a face
_CASCADE = "haarcascade_frontalface_default.xml"


def face_detector(model: Path | None) -> Detector:
    """A detector for `blurred_faces`.

    Args: model: file of a YuNet model (face_detection_yunet_*.onnx) for OpenCV's FaceDetectorYN.
    Raises: DataError: no model was named and OpenCV brings no detector, or the model cannot be used.
    """
    if model is not None:
        return _yunet(model)
    folder = Path(getattr(getattr(cv2, "data", None), "haarcascades", ""))
    if hasattr(cv2, "CascadeClassifier") and (folder / _CASCADE).is_file():
        return _cascade(folder / _CASCADE)
    raise DataError(
        f"--blur-faces: expected a face detector, found none: OpenCV {cv2.__version__} ships no cascades and no model; "
        "type --face-model face_detection_yunet_2023mar.onnx with the file from OpenCV's model zoo, "
        "or keep only the table readable with --region NAME --blur-outside"
    )


def blurred_faces(frames: Iterable[Frame], detect: Detector) -> Iterator[Frame]:
    """The same frames with their faces painted over, also where a face was shortly before or is shortly after."""
    waiting: deque[Frame] = deque()
    found: deque[tuple[float, list[Box]]] = deque()
    for time_s, picture in frames:
        waiting.append((time_s, picture))
        found.append((time_s, detect(picture)))
        while waiting and waiting[0][0] < time_s - HOLD_S:
            yield _without(waiting.popleft(), found)
        while found[0][0] < waiting[0][0] - HOLD_S:
            found.popleft()
    while waiting:
        yield _without(waiting.popleft(), found)


def _without(frame: Frame, found: Iterable[tuple[float, list[Box]]]) -> Frame:
    time_s, picture = frame
    boxes = [box for found_s, boxes in found if abs(found_s - time_s) <= HOLD_S for box in boxes]
    if not boxes:
        return frame
    picture = picture.copy()
    height, width = picture.shape[:2]
    for left, top, box_width, box_height in boxes:
        right, bottom = left + round(box_width * (1 + _MARGIN)), top + round(box_height * (1 + _MARGIN))
        left, top = left - round(box_width * _MARGIN), top - round(box_height * _MARGIN)
        place = slice(max(0, top), min(height, bottom)), slice(max(0, left), min(width, right))
        if picture[place].size:
            picture[place] = picture[place].mean((0, 1)).astype(np.uint8)
    return time_s, picture


def _yunet(model: Path) -> Detector:
    if not model.is_file():
        raise DataError(f"--face-model: expected a file, found none at {model}; check the name.")
    try:
        detector = cv2.FaceDetectorYN.create(str(model), "", (320, 320))
    except cv2.error as error:
        raise DataError(
            f"--face-model: expected a YuNet model, found {model.name}, which OpenCV cannot read; name another file."
        ) from error

    def detect(picture: NDArray[np.uint8]) -> list[Box]:
        detector.setInputSize((picture.shape[1], picture.shape[0]))
        _, faces = detector.detect(np.ascontiguousarray(picture[..., ::-1]))
        return [] if faces is None else [_box(face) for face in faces]

    return detect


def _cascade(path: Path) -> Detector:
    cascade = cv2.CascadeClassifier(str(path))  # pyright: ignore[reportAttributeAccessIssue] (OpenCV 4)

    def detect(picture: NDArray[np.uint8]) -> list[Box]:
        grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY)
        return [_box(face) for face in cascade.detectMultiScale(grey, 1.1, 5)]

    return detect


def _box(numbers: Sequence[float]) -> Box:
    left, top, width, height = (int(number) for number in numbers[:4])
    return left, top, width, height
