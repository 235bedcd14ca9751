import ArgumentParser
import Foundation
import Graft

/// `graft models`
struct Models: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "List, fetch and check the models that graft knows.",
    discussion: """
      Examples:
        graft models
        graft models list --measure
        graft models pull vgg16
        graft models add ~/Downloads/resnet50-v1-7.onnx

      A model's file is looked for in $GRAFT_MODELS, the working folder and graft's cache.
      """,
    subcommands: [
      ListModels.self, PullModels.self, AddModel.self, VerifyModels.self, FindModel.self,
    ],
    defaultSubcommand: ListModels.self)
}

extension ModelRecord {
  /// The record of that name.
  static func known(_ name: String) throws(GraftError) -> ModelRecord {
    if let record = named(name) { return record }
    guard name != Model.defaultName else {
      throw GraftError("'default' is part of graft; it has no file.", kind: .usage)
    }
    throw ModelLocator.notFound(name)
  }
}
