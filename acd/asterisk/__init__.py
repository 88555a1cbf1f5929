"""Everything that touches Asterisk: AMI in, FastAGI out, and the private instance the demo and the tests run on."""
