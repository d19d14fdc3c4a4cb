"""Reader of released ``.pth`` files: tensors by name and nothing else, whatever the file asks."""

import pickle
import warnings
import zipfile
from os import PathLike
from pathlib import Path

import torch
from torch import Tensor

from ...base.errors import UserError


def read_pth(path: str | PathLike[str]) -> dict[str, Tensor]:
    """Return a released checkpoint's tensors by name, on the CPU, in the file's memory.

    Raises:
        UserError: the file is missing, truncated, or holds anything but tensors by name.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of odd pickles; the sentences below say enough
            content = torch.load(
                path, map_location="cpu", weights_only=True, mmap=zipfile.is_zipfile(path)
            )
    except FileNotFoundError:
        raise UserError(f"There is no file {path}.") from None
    except pickle.UnpicklingError as error:
        raise UserError(
            f"{path} was not read: it is damaged or holds more than weights, which could run code; "
            "only the released .pth file will do."
        ) from error
    except Exception as error:  # a damaged file can raise any kind
        raise UserError(
            f"{path} is truncated or not a .pth file ({type(error).__name__}); download it again."
        ) from error
    if not isinstance(content, dict) or not all(map(torch.is_tensor, content.values())):
        raise UserError(f"{Path(path).name} does not hold tensors by name, as released files do.")
    return {str(name).removeprefix("module."): value for name, value in content.items()}
