import CONNX
public import SystemPackage

/// Reads ONNX files: bytes → `ONNXModel`.
///
/// The file is mapped, not loaded: weights stay where they are, and their pages are read when
/// somebody looks at them. Nothing that stands in a file is believed before it is checked, so any
/// bytes give a model or an `ONNXError`, in bounded time and memory.
///
/// What is left out of the model: `training_info`, device configurations, quantization annotations,
/// documentation of parts, `metadata_props` of parts, and fields that IR 14 lacks. What is refused:
/// nodes that call functions of the model, and sparse initializers.
///
/// While the model lives, the file may be replaced by renaming another over it, but must not be
/// truncated in place: the system then ends the process on the next read of the lost part.
public enum ONNXReader {
  /// Files from 2017 on.
  public static let oldestIRVersion = 3
  /// That of November 2025.
  public static let newestIRVersion = 14

  /// The model in a file; external data is looked for in the same folder.
  public static func read(
    _ path: FilePath, limits: ONNXLimits = .standard
  ) throws(ONNXError) -> ONNXModel {
    let name = path.string
    let file: MappedFile
    do {
      file = try MappedFile(path, followingLinks: true)
    } catch {
      throw opening(error).in(file: name)
    }
    var folder = path.removingLastComponent()
    if folder.isEmpty { folder = "." }
    let model = try read(
      file.bytes, subject: name.escaped(limit: ONNXError.fileNameLimit), folder: folder,
      limits: limits, budget: nil)
    guard file.isUnchanged else {
      throw ONNXError(
        "changed while it was read; try again when it is complete.", kind: .system
      ).in(file: name)
    }
    return model
  }

  /// The model in memory; it cannot have external data. Long weights point into `bytes`.
  public static func read(
    bytes: ONNXBytes, limits: ONNXLimits = .standard
  ) throws(ONNXError) -> ONNXModel {
    try read(bytes, subject: nil, folder: nil, limits: limits, budget: nil)
  }

  /// The model in memory, its structure unpacked within `budget`.
  package static func read(
    bytes: ONNXBytes, limits: ONNXLimits = .standard, budget: UnpackBudget
  ) throws(ONNXError) -> ONNXModel {
    try read(bytes, subject: nil, folder: nil, limits: limits, budget: budget)
  }

  private static func opening(_ failure: MappedFile.Failure) -> ONNXError {
    switch failure {
    case .isFolder: ONNXError("is a folder; name the .onnx file in it.")
    case .notRegular: ONNXError("is not a regular file; graft reads models from files only.")
    case .system(let code) where Errno(rawValue: code) == .noSuchFileOrDirectory:
      ONNXError("no such file.", kind: .missing)
    case .system(let code):
      ONNXError("cannot be opened: \(systemMessage(code)).", kind: .system)
    }
  }
}

// MARK: - Steps

extension ONNXReader {
  private static func read(
    _ bytes: ONNXBytes, subject: String?, folder: FilePath?, limits: ONNXLimits,
    budget: UnpackBudget?
  ) throws(ONNXError) -> ONNXModel {
    let skeleton: [UInt8]
    do {
      skeleton = try bytes.withUnsafeBytes { (file) throws(ONNXError) in
        try WireScanner.skeleton(of: file, limits: limits)
      }
    } catch {
      let foreign = bytes.withUnsafeBytes { ForeignFormat(of: $0) }
      if let foreign { throw foreign.error(subject: subject ?? "the data") }
      throw subject.map { error.in(file: $0) } ?? error
    }
    if bytes.count == 0 {
      throw bytes.withUnsafeBytes { ForeignFormat(of: $0) }!.error(subject: subject ?? "the data")
    }
    do {
      return try unpack(skeleton, file: bytes, folder: folder, limits: limits, budget: budget)
    } catch {
      throw subject.map { error.in(file: $0) } ?? error
    }
  }

  private static func unpack(
    _ skeleton: [UInt8], file: ONNXBytes, folder: FilePath?, limits: ONNXLimits,
    budget: UnpackBudget?
  ) throws(ONNXError) -> ONNXModel {
    let budget =
      budget
      ?? UnpackBudget(limit: limits.structureFactor * skeleton.count + limits.structureBytes)
    return try budget.withAllocator { (allocator) throws(ONNXError) in
      let unpacked = skeleton.withUnsafeBufferPointer {
        onnx__model_proto__unpack(allocator, $0.count, $0.baseAddress)
      }
      guard let unpacked else {
        throw budget.isExceeded
          ? ONNXError(
            "needs more than \(budget.limit) bytes of memory for its structure, the most that "
              + "graft allows a file with \(skeleton.count) bytes of it.")
          : ONNXError("damaged: protobuf-c cannot unpack it; fetch or export the file again.")
      }
      defer { onnx__model_proto__free_unpacked(unpacked, allocator) }
      let tensors = TensorDecoder(file: file, external: ExternalData(folder: folder))
      return try ModelDecoder(tensors: tensors).model(unpacked.pointee)
    }
  }
}
