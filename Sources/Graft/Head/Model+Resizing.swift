extension Model {
  /// The same model for photos of another side.
  ///
  /// - Throws: ``GraftError`` where a layer fits one size only, such as one that is fully connected to
  ///   all pixels.
  public func resized(toSide side: Int) throws(GraftError) -> Model {
    var model = self
    let place = file?.path.displayName ?? name
    let shape = graph.inputs[0].imageShape
    guard shape.rank == 3, (1...8192).contains(side) else {
      throw GraftError("\(place): the network takes input \(shape); no side \(side) can be set")
    }
    model.graph.inputs[0].imageShape = [shape[0], side, side]
    do throws(GraphError) {
      let output = try model.graph.shapes(batchSize: 2)[graph.outputs[0]]
      guard output?.elementCount == 2 * classCount else {
        throw GraphError("the output would have shape \(output ?? [])")
      }
    } catch {
      throw GraftError(
        "\(place): the network does not run on \(side)x\(side) photos: \(error.message)",
        hints: ["Cut it further from its end: --cut, see 'graft inspect --cuts'."])
    }
    model.preprocessing = preprocessing.scaled(toSide: side)
    if let resize = model.preprocessing.resize { model.preprocessing.resize = max(resize, side) }
    return model
  }
}
