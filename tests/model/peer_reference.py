"""Writes ``peer_reference.npz``: what other libraries make of a few numbers, for our own to equal.

Both take seconds to import and bring a dozen packages, so the tests read this table instead:

    pip install diffusers==0.42.1 vector-quantize-pytorch==1.32.0
    python -m tests.model.peer_reference
"""

from pathlib import Path

import numpy as np
import torch
from torch import Tensor

REFERENCE = Path(__file__).with_suffix(".npz")
STEPS, DRAWS = 500, 25
CODES, WIDTH, COMMITMENT = 32, 8, 0.25


def thinks_clean(noisy: Tensor, step: Tensor) -> Tensor:
    """A denoiser that anyone can compute: what x_0 is thought to be, by x_n and n."""
    return torch.tanh(noisy * (1.2 - step.view(-1, 1, 1) / STEPS)) + 0.1


def diffusers_samples(noise: Tensor) -> dict[str, np.ndarray]:
    """What DDIM and its cosine schedule make of noise (1, T, D)."""
    from diffusers import DDIMScheduler

    scheduler = DDIMScheduler(
        num_train_timesteps=STEPS,
        beta_schedule="squaredcos_cap_v2",
        prediction_type="sample",
        clip_sample=False,
        timestep_spacing="trailing",
    )
    scheduler.set_timesteps(DRAWS)
    x = noise
    for step in scheduler.timesteps:
        x = scheduler.step(thinks_clean(x, step[None]), step, x, eta=0.0).prev_sample
    times = torch.tensor([0, 100, 499])
    noised = [scheduler.add_noise(noise.tanh(), noise, at[None]) for at in times]
    return {
        "ddim/noise": noise.numpy(),
        "ddim/alphas": scheduler.alphas_cumprod.numpy(),
        "ddim/path": scheduler.timesteps.numpy(),
        "ddim/sample": x.numpy(),
        "ddim/noised": torch.cat(noised).numpy(),
    }


def quantised_vectors(z: Tensor, book: Tensor) -> dict[str, np.ndarray]:
    """What vector-quantize-pytorch makes of z (1, n, C) with a learnable codebook (codes, C).

    Its loss is the commitment alone; ours adds what teaches the codebook.
    """
    from vector_quantize_pytorch import VectorQuantize

    peer = VectorQuantize(
        dim=WIDTH,
        codebook_size=CODES,
        learnable_codebook=True,
        ema_update=False,
        commitment_weight=COMMITMENT,
        rotation_trick=False,
    )
    peer._codebook.embed.data.copy_(book[None])
    z = z.requires_grad_()
    vectors, indices, loss = peer(z)
    (straight,) = torch.autograd.grad(vectors.square().sum(), z, retain_graph=True)
    (committed,) = torch.autograd.grad(loss.sum(), z)
    return {
        "vq/z": z.detach().numpy(),
        "vq/book": book.numpy(),
        "vq/vectors": vectors.detach().numpy(),
        "vq/indices": indices.numpy(),
        "vq/straight": straight.numpy(),
        "vq/loss": loss.detach().numpy(),
        "vq/committed": committed.numpy(),
    }


def main() -> None:
    """Write the table."""
    torch.manual_seed(0)
    noise, z = torch.randn(1, 6, 4), torch.randn(1, 40, WIDTH)
    book = torch.randn(CODES, WIDTH)
    np.savez_compressed(REFERENCE, **diffusers_samples(noise), **quantised_vectors(z, book))


if __name__ == "__main__":
    main()
