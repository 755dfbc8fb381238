"""A painter for tests: every pixel of every item by itself, as spec/rendering.md says it.

NumPy, one scene, slow, and nothing shared with the encoder. Thrusters are left out: their icon
is our own drawing.
"""

import numpy as np

ROLES = [(160, 160, 160), (0, 204, 0), (0, 102, 204), (255, 102, 102)]
FIXATED = [(80, 80, 80), (0, 102, 0), (0, 51, 102), (127.5, 51, 51)]
INPUTS = [(255, 255, 255), (255, 255, 0), (255, 0, 255), (0, 255, 255), (255, 153, 51)]
F = np.float32

HINGE = ["..bb..", ".bwwb.", "bwwwwb", "bwwwwb", ".bwwb.", "..bb.."]
WELD = ["bbbbbb", "bwwwwb", "bwwwwb", "bwwwwb", "bwwwwb", "bbbbbb"]


class Painter:
    def __init__(self, screen=500, downscale=4, pixels_per_unit=100, shape=2, padding=False):
        self.downscale, self.shape, self.padding = downscale, shape, padding
        self.visible, self.scale = screen // downscale, pixels_per_unit // downscale
        self.margin = shape * self.scale
        self.outline = {4: 0, 2: 1, 1: 2}[downscale]
        side = self.visible + 2 * self.margin
        self.canvas = np.full((side, side, 3), 255, F)
        self.x, self.y = np.meshgrid(*[np.arange(side, dtype=F)] * 2, indexing="ij")

    def px(self, world):
        return ((np.asarray(world, F) + F(self.shape)) * F(self.scale)).astype(F)

    def paint(self, where, colour, corner=None, side=0):
        if corner is not None:
            limit = len(self.canvas) - side
            cx, cy = (int(np.clip(c, 0, limit)) for c in corner)
            patch = np.zeros_like(where)
            patch[cx : cx + side, cy : cy + side] = True
            where = where & patch
        self.canvas[where] = colour

    def scene(self, scene):
        p, c = scene.polygons, scene.circles
        self.polygon(p.position[0] + p.vertices[0], FIXATED[p.role[0]])
        for i in range(4, len(p.active)):
            if p.active[i]:
                s, k = np.sin(p.rotation[i]), np.cos(p.rotation[i])
                corners = 4 if self.padding else p.n_vertices[i]
                vertices = p.vertices[i, :corners] @ np.array([[k, s], [-s, k]], F)
                self.polygon(p.position[i] + vertices, self.colour(p, i), self.corner(p, i))
        for i in range(len(c.active)):
            if c.active[i]:
                self.circle(c, i)
        for i in range(len(scene.joints.active)):
            if scene.joints.active[i]:
                self.joint(scene.joints, i)
        inner = slice(self.margin, self.margin + self.visible)
        return self.canvas[inner, inner] / 255

    def colour(self, bodies, i):
        return (FIXATED if bodies.inverse_mass[i] == 0 else ROLES)[bodies.role[i]]

    def corner(self, bodies, i):
        return np.trunc(self.px(bodies.position[i] - F(self.shape / 2)))

    def polygon(self, corners, colour, corner=None):
        corners, sides = self.px(corners), []
        for a, b in zip(corners, np.roll(corners, -1, axis=0), strict=True):
            cross = (a[0] - self.x) * (b[1] - self.y) - (a[1] - self.y) * (b[0] - self.x)
            with np.errstate(invalid="ignore"):
                sides.append(cross / np.linalg.norm(a - b))
        inside = np.all([side <= 0 for side in sides], axis=0)
        edge = inside & np.any([side > -self.outline for side in sides], axis=0)
        self.paint(inside, colour, corner, self.margin)
        if self.outline:
            self.paint(edge, 0, corner, self.margin)

    def circle(self, circles, i):
        centre, r = self.px(circles.position[i]), F(circles.radius[i]) * F(self.scale)
        dx, dy = self.x - centre[0], self.y - centre[1]
        d = np.sqrt(dx**2 + dy**2)
        ux, uy = -np.sin(F(circles.rotation[i])), np.cos(F(circles.rotation[i]))
        line = (np.abs(ux * dy - uy * dx) < 1) & (ux * dx + uy * dy >= 0)
        black = line | (d > r - self.outline if self.outline else False)
        corner = self.corner(circles, i)
        self.paint(d <= r, self.colour(circles, i), corner, self.margin)
        self.paint((d <= r) & black, 0, corner, self.margin)

    def joint(self, joints, i):
        size = 6 // self.downscale
        corner = np.round(self.px(joints.global_position[i]) - size // 2)
        driven = joints.motor_on[i] and not joints.is_fixed_joint[i]
        tint = np.array(INPUTS[joints.motor_binding[i] + 1 if driven else 0], F)
        if self.downscale == 4:
            centre = corner + size // 2
            near = (self.x - centre[0]) ** 2 + (self.y - centre[1]) ** 2 < (size / 2) ** 2
            self.paint(near, tint, corner, size)
            return
        icon = WELD if joints.is_fixed_joint[i] else HINGE
        texels = np.clip(np.round(6 * np.arange(size) / (size - 1) - 0.5), 0, 5).astype(int)
        for column in range(size):
            for row in range(size):
                texel = icon[texels[column]][texels[row]]
                at = (self.x == corner[0] + column) & (self.y == corner[1] + row)
                if texel != ".":
                    self.paint(at, tint if texel == "w" else 0, corner, size)
