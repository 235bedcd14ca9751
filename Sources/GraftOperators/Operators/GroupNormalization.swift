package import GraftGraph
package import GraftKernels
package import GraftONNX
package import GraftTensor

/// Normalisation of groups of each image's channels by their own statistics.
///
///     Y = (X − mean) / √(variance + epsilon) · scale + bias
///
/// Inputs   X `[N, C, …]`, whose channels make `num_groups` groups, one behind the other; scale and
///          bias `[C]`, before opset 21 `[num_groups]`
/// Output   Y as X
/// Memory   mean and 1/√(variance + epsilon) of each group while training
/// Gradient as that of InstanceNormalization, over groups
/// Source   ONNX operator specification, GroupNormalization-21; Wu, He 2018
package struct GroupNormalization: GroupNormalizing {
  package static let opType = "GroupNormalization"
  package static let opsets = 18...28

  package let epsilon: Float
  let groupCount: Int
  /// Has a group one scale, as before opset 21, not each channel one?
  let scalesGroups: Bool

  package func groups(of x: Shape) throws(ShapeError) -> ChannelGroups {
    guard x[1] % groupCount == 0 else {
      throw ShapeError("X \(x) has \(x[1]) channels, which make no \(groupCount) groups")
    }
    let (channels, area) = (x[1] / groupCount, x.dimensions[2...].reduce(1, *))
    return ChannelGroups(
      images: x[0], groups: groupCount, channels: channels, area: area,
      channelsOfScale: scalesGroups ? max(channels, 1) : 1)
  }
}

// MARK: - ONNX

extension GroupNormalization {
  package init(decoding node: borrowing NodeDecoder) throws(ONNXError) {
    epsilon = try node.float("epsilon", default: 1e-5)
    try Self.refuseEpsilon(epsilon)
    guard let count = try node.optionalInt("num_groups") else {
      throw ONNXError("attribute num_groups is missing")
    }
    guard count >= 1 else {
      throw ONNXError("attribute num_groups is \(count); expected at least 1")
    }
    groupCount = count
    scalesGroups = node.opset < 21
    // The precision of the sums; graft's are in double.
    if node.opset >= 21 { node.ignore("stash_type") }
  }

  package func encode(into node: inout NodeEncoder) {
    if scalesGroups {
      node.require(opsetBelow: 21, for: "a scale for each group")
    } else {
      node.require(opset: 21, for: "a scale for each channel")
    }
    node.set("epsilon", epsilon)
    node.set("num_groups", groupCount)
  }
}
