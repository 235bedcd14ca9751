package import GraftTensor

extension [String: Tensor] {
  /// Those whose names begin with `prefix/`, without it.
  package func group(_ prefix: String) -> [String: Tensor] {
    var found: [String: Tensor] = [:]
    for (name, tensor) in self where name.hasPrefix(prefix + "/") {
      found[String(name.dropFirst(prefix.count + 1))] = tensor
    }
    return found
  }
}
