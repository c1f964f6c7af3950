namespace monopod {}
