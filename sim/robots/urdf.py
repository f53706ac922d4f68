"""From a URDF file to a MuJoCo specification: chosen joints move, every other joint is frozen at a given position.

MuJoCo reads URDF itself, but then keeps every sensor frame, collision mesh and full-size visual mesh; what is built
here holds only what is seen or moves. Meshes are simplified once and cached on disk. It refuses to know which robot.
"""

import hashlib
import os
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import fast_simplification
import mujoco
import numpy as np
import trimesh
from numpy.typing import NDArray

from sim.errors import AssetMissing

ARMATURE = 0.1
"""Reflected motor inertia of each moving joint in kg m^2; a round number that keeps stiff servos stable."""

_INSTALL = "type `pip install example-robot-data`"


@dataclass(frozen=True)
class UrdfModel:
    """What to make of a URDF file."""

    path: Path
    """The URDF file."""
    package_root: Path
    """What `package://` stands for in mesh file names."""
    root_link: str
    """The link that stands at the world's origin."""
    moving_joints: tuple[str, ...]
    """Joints that stay joints."""
    frozen_positions: Mapping[str, float] = field(default_factory=dict)
    """Positions of frozen joints, rad or m; zero where not named."""
    max_faces: Mapping[str, int] = field(default_factory=dict)
    """Mesh file stem -> number of faces after simplification."""
    default_max_faces: int = 300
    """Faces of every mesh that `max_faces` does not name."""
    rgba: Mapping[str, tuple[float, float, float, float]] = field(default_factory=dict)
    """Mesh file stem -> colour."""


def cache_folder() -> Path:
    """Where simplified meshes are kept between runs."""
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "mil" / "meshes"


def build(urdf: UrdfModel) -> mujoco.MjSpec:
    """Specification with one body per link that moves, is seen, or leads to such a link.

    Raises: AssetMissing: the URDF file or a mesh is not there.
    """
    if not urdf.path.is_file():
        raise AssetMissing(f"Expected a robot description at {urdf.path}, found none; {_INSTALL}.")
    robot = ElementTree.parse(urdf.path).getroot()
    links = {link.get("name", ""): link for link in robot.findall("link")}
    joints: dict[str, list[ElementTree.Element]] = {}
    for joint in robot.findall("joint"):
        joints.setdefault(_attribute(joint.find("parent"), "link"), []).append(joint)
    spec = mujoco.MjSpec()
    spec.compiler.degree = False
    spec.compiler.balanceinertia = True
    root = spec.worldbody.add_body(name=urdf.root_link)
    _add_children(spec, urdf, links, joints, root, urdf.root_link, is_moving=False)
    return spec


def _add_children(
    spec: mujoco.MjSpec,
    urdf: UrdfModel,
    links: dict[str, ElementTree.Element],
    joints: dict[str, list[ElementTree.Element]],
    parent: mujoco.MjsBody,
    parent_link: str,
    *,
    is_moving: bool,
) -> None:
    for joint in joints.get(parent_link, []):
        name, child = joint.get("name", ""), _attribute(joint.find("child"), "link")
        if not _is_needed(child, urdf, links, joints):
            continue
        position_m, quaternion = _origin(joint)
        body = parent.add_body(name=child, pos=position_m, quat=quaternion, gravcomp=1.0)
        moves = name in urdf.moving_joints
        if moves:
            _add_joint(body, joint)
        else:
            _freeze(body, joint, urdf.frozen_positions.get(name, 0.0))
        if moves or is_moving:
            _add_inertia(body, links[child])
        for visual in links[child].findall("visual"):
            _add_visual(spec, urdf, body, visual)
        _add_children(spec, urdf, links, joints, body, child, is_moving=moves or is_moving)


def _is_needed(
    link: str, urdf: UrdfModel, links: dict[str, ElementTree.Element], joints: dict[str, list[ElementTree.Element]]
) -> bool:
    is_seen = any(visual.find("geometry/mesh") is not None for visual in links[link].findall("visual"))
    return is_seen or any(
        _is_needed(_attribute(joint.find("child"), "link"), urdf, links, joints) for joint in joints.get(link, [])
    )


def _add_joint(body: mujoco.MjsBody, joint: ElementTree.Element) -> None:
    is_slide = joint.get("type") == "prismatic"
    limit, is_limited = joint.find("limit"), joint.get("type") != "continuous"
    body.add_joint(
        name=joint.get("name", ""),
        type=mujoco.mjtJoint.mjJNT_SLIDE if is_slide else mujoco.mjtJoint.mjJNT_HINGE,
        axis=_numbers(_attribute(joint.find("axis"), "xyz")),
        limited=is_limited,
        range=[float(_attribute(limit, "lower")), float(_attribute(limit, "upper"))] if is_limited else [0.0, 0.0],
        armature=ARMATURE,
    )


def _freeze(body: mujoco.MjsBody, joint: ElementTree.Element, position: float) -> None:
    """Move a body, in place, to where its joint would have taken it."""
    if position == 0.0:
        return
    axis = _numbers(_attribute(joint.find("axis"), "xyz"))
    if joint.get("type") == "prismatic":
        body.pos = body.pos + position * axis
        return
    turn, turned = np.empty(4), np.empty(4)
    mujoco.mju_axisAngle2Quat(turn, axis, position)
    mujoco.mju_mulQuat(turned, body.quat, turn)
    body.quat = turned


def _add_inertia(body: mujoco.MjsBody, link: ElementTree.Element) -> None:
    inertial = link.find("inertial")
    if inertial is None:
        return
    body.explicitinertial = True
    body.mass = float(_attribute(inertial.find("mass"), "value"))
    body.ipos, body.iquat = _origin(inertial)
    keys = ("ixx", "iyy", "izz", "ixy", "ixz", "iyz")
    body.fullinertia = [float(_attribute(inertial.find("inertia"), key)) for key in keys]


def _add_visual(spec: mujoco.MjSpec, urdf: UrdfModel, body: mujoco.MjsBody, visual: ElementTree.Element) -> None:
    mesh = visual.find("geometry/mesh")
    if mesh is None:
        return
    source = urdf.package_root / _attribute(mesh, "filename").removeprefix("package://")
    stem = source.stem
    if stem not in [known.name for known in spec.meshes]:
        vertices, faces = simplified(source, urdf.max_faces.get(stem, urdf.default_max_faces))
        added = spec.add_mesh(name=stem, uservert=vertices.ravel(), userface=faces.ravel())
        # Some links are single thin shells: a shell's inertia is defined where a volume's may not be.
        added.inertia = mujoco.mjtMeshInertia.mjMESH_INERTIA_SHELL
    position_m, quaternion = _origin(visual)
    body.add_geom(
        name=f"{body.name}_visual",
        type=mujoco.mjtGeom.mjGEOM_MESH,
        meshname=stem,
        pos=position_m,
        quat=quaternion,
        rgba=urdf.rgba.get(stem, (0.8, 0.8, 0.8, 1.0)),
        contype=0,
        conaffinity=0,
        group=1,
        mass=0.0,
    )


def simplified(source: Path, max_faces: int) -> tuple[NDArray[np.float64], NDArray[np.int32]]:
    """Vertices in metres, shape (V, 3), and faces, shape (F, 3), of a mesh file; cached on disk.

    Raises: AssetMissing: the file is not there.
    """
    if not source.is_file():
        raise AssetMissing(f"Expected a mesh at {source}, found none; {_INSTALL}.")
    key = hashlib.sha256(source.read_bytes() + str(max_faces).encode()).hexdigest()[:24]
    cached = cache_folder() / f"{source.stem}_{key}.npz"
    if cached.is_file():
        with np.load(cached) as stored:
            return stored["vertices"], stored["faces"]
    mesh = trimesh.load_mesh(source)
    mesh.merge_vertices()
    vertices, faces = np.asarray(mesh.vertices, dtype=np.float32), np.asarray(mesh.faces, dtype=np.int32)
    if len(faces) > max_faces:
        vertices, faces = fast_simplification.simplify(vertices, faces, target_count=max_faces)[:2]
    vertices, faces = np.asarray(vertices, dtype=np.float64), np.asarray(faces, dtype=np.int32)
    _write_atomically(cached, vertices, faces)
    return vertices, faces


def _write_atomically(path: Path, vertices: NDArray[np.float64], faces: NDArray[np.int32]) -> None:
    """Other processes may read the cache at this moment, so a file appears whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    staged = path.with_suffix(f".{os.getpid()}.tmp")
    with staged.open("wb") as file:
        np.savez(file, vertices=vertices, faces=faces)
    staged.replace(path)


def _origin(element: ElementTree.Element) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Position in metres and quaternion wxyz of an element's <origin>; URDF's rpy are fixed-axis x, y, z turns."""
    origin = element.find("origin")
    position_m, rpy_rad = np.zeros(3), np.zeros(3)
    if origin is not None:
        position_m = _numbers(origin.get("xyz", "0 0 0"))
        rpy_rad = _numbers(origin.get("rpy", "0 0 0"))
    quaternion = np.empty(4)
    mujoco.mju_euler2Quat(quaternion, rpy_rad, "XYZ")
    return position_m, quaternion


def _numbers(text: str) -> NDArray[np.float64]:
    return np.array([float(word) for word in text.split()])


def _attribute(element: ElementTree.Element | None, name: str) -> str:
    value = None if element is None else element.get(name)
    if value is None:
        raise AssetMissing(f"Expected attribute {name!r} in a robot description, found none; {_INSTALL}.")
    return value
