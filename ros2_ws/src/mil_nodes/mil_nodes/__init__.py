"""The simulated robot and the policy runner as ROS 2 nodes, and what all nodes share: parameters, QoS, conversions."""
