extension Model {
  /// A network of ``Networks`` by name, as its paper has it, with random weights: to be trained from
  /// nothing, or timed.
  ///
  /// - Throws: ``GraftError`` where there is no such network.
  public static func random(_ name: String, seed: UInt64 = 1) throws(GraftError) -> Model {
    let file = try lifting { () throws(GraphError) in
      try Networks.named(name, seed: seed).exported()
    }
    return try Model(file, name: name)
  }
}
