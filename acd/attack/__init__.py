"""`cozum doctor --attack`: trunk and phone attacks against a private line, and what came of them.

    line.py       the line under attack: Asterisk, daemon and standby of our own, on free ports, in a temporary folder
    sip.py        SIP messages as bytes; phone.py sends and answers them, media.py presses keys
    outside.py    sockets that pose as the rest of the world and count what arrives
    witness.py    what Asterisk itself tells over AMI, without the daemon
    scene.py      all of these for one attack, and what moved between its beginning and its end
    plays/        the attacks, one module each: a module with an `ATTACK` is found by itself
    run.py        plays them one after the other

Everything is on loopback. Nothing here imports the tests' or the bench's tools: it is shipped.
"""
