import CONNX
public import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Writes ONNX files: `ONNXModel` → bytes.
///
/// Weights go from where they lie to the file, so the memory needed is that of the structure. The
/// same model gives the same bytes. A file appears complete or not at all, and one that was there
/// before stays until then.
public enum ONNXWriter {
  /// Writes the model to `path`.
  ///
  /// `verifying` sees the complete file under a temporary name; if it throws, nothing is put in
  /// place. An existing file is replaced only if `replacing` says so.
  public static func write(
    _ model: ONNXModel, to path: FilePath, replacing: Bool = false,
    verifying: ((FilePath) throws -> Void)? = nil
  ) throws(ONNXError) {
    try checkTarget(path, replacing: replacing)
    let staged = try stage(model, to: path)
    do {
      try verifying?(staged.path)
    } catch let error as ONNXError {
      throw error
    } catch {
      throw ONNXError("failed its check after writing: \("\(error)".escaped(limit: 200))")
        .in(file: path.string)
    }
    try staged.commit(replacing: replacing)
  }

  /// Writes the model beside `path`, for the caller to check and commit.
  public static func stage(
    _ model: ONNXModel, to path: FilePath
  ) throws(ONNXError) -> ONNXStagedModel {
    try stage(model, to: path, calls: .system)
  }

  /// Writes the model beside `path` with system calls that a test may have changed.
  package static func stage(
    _ model: ONNXModel, to path: FilePath, calls: FileCalls
  ) throws(ONNXError) -> ONNXStagedModel {
    guard path.lastComponent != nil else {
      throw ONNXError("is no name for a file.", kind: .cannotCreate).in(file: path.string)
    }
    let arena = ProtoArena()
    let proto: UnsafeMutablePointer<Onnx__ModelProto>
    do {
      proto = try packable(model, arena)
    } catch {
      throw error.in(file: path.string)
    }
    let (descriptor, temporary) = try createTemporary(beside: path)
    // From here on the staged value removes the file unless it is committed.
    let staged = ONNXStagedModel(path: temporary, target: path, calls: calls)
    let sink = FileSink(descriptor, write: calls.writeBytes)
    withExtendedLifetime((model, arena)) { sink.pack(proto) }
    var failure = sink.failure
    if failure == nil, retrying({ calls.sync(descriptor) }) != 0 { failure = errno }
    if close(descriptor) != 0, failure == nil { failure = errno }
    if let failure {
      throw ONNXError("cannot be written: \(systemMessage(failure)).", kind: .system)
        .in(file: path.string)
    }
    return staged
  }

  /// The bytes of the file.
  public static func bytes(of model: ONNXModel) throws(ONNXError) -> ONNXBytes {
    let arena = ProtoArena()
    let proto = try packable(model, arena)
    let count = onnx__model_proto__get_packed_size(proto)
    let allocation = ONNXAllocation(count: count)
    withExtendedLifetime((model, arena)) {
      _ = onnx__model_proto__pack(proto, allocation.base.assumingMemoryBound(to: UInt8.self))
    }
    return ONNXBytes(base: UnsafeRawPointer(allocation.base), count: count, owner: allocation)
  }

  /// The message, if a file can hold it.
  private static func packable(
    _ model: ONNXModel, _ arena: ProtoArena
  ) throws(ONNXError) -> UnsafeMutablePointer<Onnx__ModelProto> {
    let proto = try ModelEncoder(arena: arena).model(model)
    let size = onnx__model_proto__get_packed_size(proto)
    guard size <= Int(Int32.max) else {
      throw ONNXError(
        "would have \(size) bytes, but an ONNX file holds at most \(Int32.max); "
          + "use a smaller network.", kind: .cannotCreate)
    }
    return proto
  }
}

// MARK: - Files

extension ONNXWriter {
  /// Refuses to overwrite a file unasked, and what is no file always.
  static func checkTarget(_ path: FilePath, replacing: Bool) throws(ONNXError) {
    var info = stat()
    guard path.withPlatformString({ lstat($0, &info) }) == 0 else { return }
    let kind = info.st_mode & S_IFMT
    guard kind == S_IFREG || kind == S_IFLNK else {
      let what = kind == S_IFDIR ? "a folder" : "not a regular file"
      throw ONNXError("is \(what), so no model can be written there.", kind: .cannotCreate)
        .in(file: path.string)
    }
    guard replacing else { throw exists(path) }
  }

  static func exists(_ path: FilePath) -> ONNXError {
    ONNXError(
      "exists already; choose another name, or ask for it to be replaced.", kind: .cannotCreate
    ).in(file: path.string)
  }

  private static func folder(of path: FilePath) -> FilePath {
    let folder = path.removingLastComponent()
    return folder.isEmpty ? "." : folder
  }

  private static func createTemporary(
    beside path: FilePath
  ) throws(ONNXError) -> (CInt, FilePath) {
    for _ in 0..<16 {
      let number = String(UInt64.random(in: 0...UInt64.max), radix: 16)
      let temporary = folder(of: path).appending(".graft-\(number).tmp")
      let descriptor = temporary.withPlatformString { name in
        retrying { open(name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o666) }
      }
      if descriptor >= 0 { return (descriptor, temporary) }
      if errno != EEXIST { break }
    }
    let code = errno
    throw ONNXError("cannot be created: \(systemMessage(code)).", kind: .cannotCreate)
      .in(file: path.string)
  }

  /// Makes the name durable, not only the bytes.
  static func syncFolder(of path: FilePath, _ calls: FileCalls) throws(ONNXError) {
    let descriptor = folder(of: path).withPlatformString { name in
      retrying { open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    }
    // A folder that may be written but not read cannot be synced.
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    if retrying({ calls.sync(descriptor) }) != 0, errno != EINVAL {
      let code = errno
      throw ONNXError(
        "is in place, but its folder could not be synced: \(systemMessage(code)).", kind: .system
      ).in(file: path.string)
    }
  }
}
