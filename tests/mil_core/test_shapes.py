import pytest
import torch
from jaxtyping import TypeCheckError

from mil_core.policies.encoder import soft_argmax


def test_a_picture_without_its_batch_is_refused_while_testing():
    with pytest.raises(TypeCheckError):
        soft_argmax(torch.zeros(3, 4, 5))
