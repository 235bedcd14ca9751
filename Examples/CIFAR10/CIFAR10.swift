import ArgumentParser
import Graft

/// ResNet-20 on the small pictures of CIFAR-10: from nothing, and carried over to new classes.
@main
struct CIFAR10: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "CIFAR10",
    abstract: "Train ResNet-20 on CIFAR-10: from nothing, or carried over to other classes.",
    subcommands: [Scratch.self, Transfer.self])
}

/// `CIFAR10 scratch cifar10`
struct Scratch: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train on all pictures, from random weights.")

  @OptionGroup var flags: Flags

  @Option(help: "Where the run is kept; the same command goes on from there.")
  var output = "cifar10-scratch"

  func run() throws {
    let training = try Pictures.list(flags.folder, "train")
    let test = try Pictures.list(flags.folder, "test")
    let graph = try Networks.resNet20(classes: training.classes.count, seed: flags.seed)
    let learned = try flags.train(
      graph, on: training.samples, labels: training.classes, keptAs: output)
    print("test \(try flags.judge(learned, on: test.samples))")
  }
}

/// `CIFAR10 transfer cifar10`
struct Transfer: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Learn five classes, then the other five from a tenth of their pictures.",
    discussion: """
      The other five are learned twice for the same number of epochs: from the network that knows \
      the first five, with a new head, and from random weights.
      """)

  @OptionGroup var flags: Flags

  @Option(help: "Epochs on the other five classes.")
  var transferEpochs = 30

  @Option(help: "The highest learning rate of the network that is carried over.")
  var transferRate: Float = 0.1

  @Option(help: "The part of the other classes' pictures that is learned from.")
  var part = 0.1

  @Option(help: "Where the runs are kept; the same command goes on from there.")
  var output = "cifar10-transfer"

  func run() throws {
    let training = try Pictures.list(flags.folder, "train")
    let test = try Pictures.list(flags.folder, "test")
    let known = training.classes.count / 2
    let first = training.samples.filter { $0.label < known }
    let second = Pictures.part(part, of: Pictures.renumbered(training.samples, from: known))
    let judged = Pictures.renumbered(test.samples, from: known)
    let classes = training.classes.count - known

    let fresh = try Networks.resNet20(classes: known, seed: flags.seed)
    let (labels, others) = (Array(training.classes[..<known]), Array(training.classes[known...]))
    let taught = try flags.train(fresh, on: first, labels: labels, keptAs: output + "-first")
    let carried = try taught.replacingHead(classes: classes, seed: flags.seed)
    var late = flags
    (late.epochs, late.rate) = (transferEpochs, transferRate)
    let tuned = try late.train(carried, on: second, labels: others, keptAs: output + "-tuned")
    print("carried over: test \(try flags.judge(tuned, on: judged))")

    late.rate = flags.rate
    let random = try Networks.resNet20(classes: classes, seed: flags.seed)
    let scratch = try late.train(random, on: second, labels: others, keptAs: output + "-scratch")
    print("from nothing: test \(try flags.judge(scratch, on: judged))")
  }
}
