import ArgumentParser
import Graft

/// What is grafted, and where: flags of `finetune` and `lr-find`.
struct HeadFlags: ParsableArguments {
  @Option(
    help: """
      What is grafted: linear, mlp:512 (a hidden layer; mlp:512,128 for two), or cosine (directions, \
      whatever their lengths). (default: linear)
      """)
  var head: String?

  @Option(
    help: """
      Keep the network up to this node and graft behind it; 'graft inspect --cuts' lists the places. \
      (default: where its last layer begins)
      """)
  var cut: String?

  /// The head that was asked for.
  ///
  /// - Throws: where there is no such head.
  func parsed() throws(GraftError) -> Head? {
    guard let head else { return nil }
    do {
      return try Head(head)
    } catch {
      throw GraftError("--head: \(error.message)", kind: .usage, hints: error.hints)
    }
  }

  /// A model as it was read, before anything is grafted on it.
  struct Base {
    var model: Model
    /// The side of photos that is set once the network is cut.
    var size: Int?
  }

  /// Reads a model.
  ///
  /// A network whose last layers fit one input size only may be read at that size, cut, and then given
  /// the other.
  func load(
    _ name: String, _ modelFlags: ModelFlags, talk: Talk
  ) throws(GraftError) -> Base {
    do {
      return Base(model: try modelFlags.load(name, fetching: talk))
    } catch {
      guard let size = modelFlags.size else { throw error }
      var unsized = modelFlags
      unsized.size = nil
      guard let model = try? unsized.load(name) else { throw error }
      guard cut == nil else { return Base(model: model, size: size) }
      var error = error
      error.hints.append(
        "Without --size \(size) it is read; --cut before its fully connected layers frees the size "
          + "('graft inspect --cuts').")
      throw error
    }
  }

  /// Grafts the head on it.
  ///
  /// - Parameter name: the model as it was typed.
  func graft(
    on base: Base, _ name: String, classes: [String], task: LearningTask, seed: UInt64
  ) throws(GraftError) -> Model {
    if let cut {
      do {
        _ = try base.model.graph.cut(behind: cut)
      } catch {
        throw GraftError(
          "--cut: \(error.message)", kind: .usage,
          hints: error.hints + ["All of them: graft inspect \(DisplayName.escaped(name)) --cuts"])
      }
    }
    let model = try base.model.replacingHead(
      classes: classes, head: parsed(), cut: cut, seed: seed, task: task)
    return try base.size.map { (side) throws(GraftError) in try model.resized(toSide: side) }
      ?? model
  }

  /// What was said, as it would be typed.
  func words(with modelFlags: ModelFlags) -> String {
    [("--head", head), ("--cut", cut), ("--size", modelFlags.size.map { "\($0)" })]
      .compactMap { word in word.1.map { " \(word.0) \($0)" } }.joined()
  }
}
