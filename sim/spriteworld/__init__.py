"""SpriteWorld: maps seen from above, where a traveller's wishes show in the way that it takes (thesis 8.1.4, B.4.2).

Everything here is drawn with numpy and OpenCV and decided by seeds; nothing needs MuJoCo or OpenGL.
"""
