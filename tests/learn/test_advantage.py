"""Advantages against the definition, written as a plain loop."""

import numpy as np

from kinetix_core.learn import advantages


def test_advantages_follow_the_definition():
    rng = np.random.default_rng(0)
    shape = (7, 3)
    reward, value, end = (rng.normal(size=shape).astype(np.float32) for _ in range(3))
    done = rng.random(shape) < 0.3
    last = rng.normal(size=3).astype(np.float32)
    gamma, lam = 0.9, 0.8
    got = advantages(reward, value, done, end, last, gamma=gamma, gae_lambda=lam)
    want = np.zeros(shape)
    for e in range(3):
        later = 0.0
        for t in reversed(range(7)):
            after = value[t + 1, e] if t < 6 else last[e]
            if done[t, e]:
                after, later = end[t, e], 0.0
            later = reward[t, e] + gamma * after - value[t, e] + gamma * lam * later
            want[t, e] = later
    np.testing.assert_allclose(got, want, rtol=1e-5, atol=1e-5)
