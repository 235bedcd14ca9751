import ArgumentParser
import Foundation
import Graft

/// `graft augment-preview <folder or photo>`: what augmentation makes of photos.
struct AugmentPreview: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "augment-preview",
    abstract: "Draw what augmentation makes of your photos: a sheet of them as PNG.",
    discussion: """
      Examples:
        graft augment-preview my-photos
        graft augment-preview my-photos --augment flip,rotate:10 --model vgg16

      Each row is a photo: first as the network sees it in use, then as it may see it in training. \
      A view on which you cannot tell the class teaches nothing; leave out what made it.

      Augmentations, joined by commas; in brackets what a number is unless given:
      \(Self.catalog)
      """)

  /// The catalog, a line each.
  private static var catalog: String {
    let entries = AugmentationCatalog.entries
    let width = entries.map(\.usage.count).max() ?? 0
    return entries.map { entry in
      let space = String(repeating: " ", count: width - entry.usage.count)
      return "  \(entry.usage)\(space)  \(entry.summary)"
    }.joined(separator: "\n")
  }

  @Argument(help: "A folder of photos, looked into deeply, or a photo.")
  var photos: String

  @Option(help: "What is done to them.")
  var augment: String = "strong"

  @Option(help: "The network for which photos are prepared: a name or a path.")
  var model: String?

  @Option(parsing: .unconditional, help: "Side of the views; 224 unless a model is given.")
  var size: Int?

  @Option(name: .customLong("photos"), parsing: .unconditional, help: "Rows: photos of the folder.")
  var photoCount: Int = 6

  @Option(parsing: .unconditional, help: "Columns beside the first: views of each photo.")
  var views: Int = 7

  @Option(parsing: .unconditional, help: "Another seed draws other views.")
  var seed: UInt64 = 1

  @Option(name: [.customShort("o"), .customLong("out")], help: "The file to write.")
  var output: String = "preview.png"

  @Flag(help: "Replace a file that is there.")
  var force = false

  @Flag(name: .shortAndLong, help: "Say nothing but notes and errors.")
  var quiet = false

  func validate() throws {
    if let size, !(8...1024).contains(size) {
      throw ValidationError("--size is \(size); expected 8 to 1024")
    }
    if size != nil, model != nil {
      throw ValidationError("--model and --size exclude each other")
    }
    guard (1...100).contains(photoCount) else {
      throw ValidationError("--photos is \(photoCount); expected 1 to 100")
    }
    guard (1...100).contains(views) else {
      throw ValidationError("--views is \(views); expected 1 to 100")
    }
  }

  func run() throws {
    let policy = try readPolicy()
    let place = FilePath(output)
    try OutputPlace(output).checkFile(replaces: force)
    let preprocessing = try readPreprocessing()
    let paths = try list()
    let rows = try views(of: paths, preprocessing, policy)
    let sheet = Image(contactSheet: rows, magnification: Self.magnification(rows[0][0].width))
    do {
      try PNGWriter.write(sheet, to: place)
    } catch {
      throw GraftError(error.in(file: place.displayText))
    }
    let talk = Talk(isQuiet: quiet)
    talk.say(
      "Wrote   \(place.displayText)   \(rows.count) \(rows.count == 1 ? "photo" : "photos"), each "
        + "plain, then \(views) \(views == 1 ? "view" : "views") of '\(policy)'")
    talk.say("")
    talk.say("Next    \(nextCommand(policy))")
  }

  private func nextCommand(_ policy: AugmentationPolicy) -> String {
    let folder = isFolder ? PathArguments.path(photos).displayText : "my-photos"
    return "graft finetune \(model ?? "vgg16") on \(folder) --augment \(policy)"
  }
}

// MARK: - What was asked for

extension AugmentPreview {
  private func readPolicy() throws(GraftError) -> AugmentationPolicy {
    do {
      return try AugmentationPolicy(augment)
    } catch {
      throw GraftError("--augment: \(error.message)", kind: .usage, hints: error.hints)
    }
  }

  private func readPreprocessing() throws(GraftError) -> Preprocessing {
    guard let model else {
      let side = size ?? 224
      // torchvision's 256 for 224.
      return Preprocessing(resize: side * 8 / 7, crop: side)
    }
    let preprocessing = try Model.pretrained(model).preprocessing
    let most = 1024
    guard let side = preprocessing.crop, side <= most else {
      throw GraftError(
        "\(model): takes photos of "
          + (preprocessing.crop.map { "\($0) pixels; a preview has at most \(most)" } ?? "any size")
          + ". Say --size instead of --model", kind: .usage)
    }
    return preprocessing
  }

  private var isFolder: Bool {
    var isFolder: ObjCBool = false
    return FileManager.default.fileExists(atPath: photos, isDirectory: &isFolder)
      && isFolder.boolValue
  }

  private func list() throws(GraftError) -> [FilePath] {
    do {
      return try PhotoList([PathArguments.path(photos)], recursive: true).paths
    } catch {
      throw GraftError(error)
    }
  }
}

// MARK: - Drawing

extension AugmentPreview {
  /// Small pictures are shown at least this large.
  private static func magnification(_ side: Int) -> Int { max(1, 128 / side) }

  /// Rows of pictures of photos from all over the list; what is no photo gives way to the next.
  private func views(
    of paths: [FilePath], _ preprocessing: Preprocessing, _ policy: AugmentationPolicy
  ) throws(GraftError) -> [[Image]] {
    let wanted = min(photoCount, paths.count)
    try checkSheet(rows: wanted, side: preprocessing.crop ?? 1)
    let source: AugmentedPhotos
    do {
      source = try AugmentedPhotos(
        paths.map { Sample(path: $0, label: 0) }, preprocessing: preprocessing, policy: policy,
        seed: seed)
    } catch {
      throw GraftError(error)
    }
    var rows: [[Image]] = []
    var failure: TrainingError?
    for place in 0..<wanted {
      let candidates = place * paths.count / wanted..<(place + 1) * paths.count / wanted
      for index in candidates {
        do throws(TrainingError) {
          var row = [try source.picture(index, epoch: nil)]
          for view in 1...views { row.append(try source.picture(index, epoch: view)) }
          rows.append(row)
          break
        } catch {
          failure = error
          if paths.count > 1 { Talk(isQuiet: quiet).warn("\(error.message); left out") }
        }
      }
    }
    guard rows.isEmpty, let failure else { return rows }
    guard paths.count > 1 else { throw GraftError(failure) }
    throw GraftError(
      "\(PathArguments.path(photos).displayText): none of \(paths.count) files is a photo that graft "
        + "reads")
  }

  private func checkSheet(rows: Int, side: Int) throws(GraftError) {
    let shown = side * Self.magnification(side)
    let size = Image.contactSheetSize(
      rows: rows, columns: views + 1, width: shown, height: shown)
    guard size.width * size.height <= ImageLimits.standard.pixels else {
      throw GraftError(
        "the sheet would have \(size.width) x \(size.height) pixels; ask for fewer --photos or "
          + "--views", kind: .usage)
    }
  }
}
