import CONNX

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// Where protobuf-c packs a message into a file: small pieces are gathered, weights go straight
/// from where they lie. The first failure is kept and the rest is dropped.
final class FileSink {
  private let descriptor: CInt
  private let write: @Sendable (CInt, UnsafeRawPointer, Int) -> Int
  private var gathered: [UInt8] = []
  /// `errno` of the write that failed.
  private(set) var failure: CInt?

  private static let capacity = 1 << 16

  init(_ descriptor: CInt, write: @escaping @Sendable (CInt, UnsafeRawPointer, Int) -> Int) {
    self.descriptor = descriptor
    self.write = write
    gathered.reserveCapacity(Self.capacity)
  }

  /// Packs the whole message.
  func pack(_ model: UnsafeMutablePointer<Onnx__ModelProto>) {
    // A ProtobufCBuffer with our address behind it, as C's subclasses of it are laid out.
    let size = MemoryLayout<ProtobufCBuffer>.stride
    let buffer = UnsafeMutableRawPointer.allocate(byteCount: size + 8, alignment: 16)
    defer { buffer.deallocate() }
    let base = buffer.bindMemory(to: ProtobufCBuffer.self, capacity: 1)
    base.initialize(
      to: ProtobufCBuffer { buffer, count, data in
        let address = UnsafeRawPointer(buffer!) + MemoryLayout<ProtobufCBuffer>.stride
        let sink = Unmanaged<FileSink>.fromOpaque(address.load(as: UnsafeRawPointer.self))
        sink.takeUnretainedValue().append(UnsafeRawBufferPointer(start: data, count: count))
      })
    (buffer + size).storeBytes(
      of: UnsafeRawPointer(Unmanaged.passUnretained(self).toOpaque()), as: UnsafeRawPointer.self)
    onnx__model_proto__pack_to_buffer(model, base)
    flush()
  }

  private func append(_ bytes: UnsafeRawBufferPointer) {
    if gathered.count + bytes.count > Self.capacity { flush() }
    if bytes.count < Self.capacity {
      gathered.append(contentsOf: bytes)
    } else {
      writeAll(bytes)
    }
  }

  private func flush() {
    gathered.withUnsafeBytes { writeAll($0) }
    gathered.removeAll(keepingCapacity: true)
  }

  private func writeAll(_ bytes: UnsafeRawBufferPointer) {
    var rest = bytes
    while failure == nil, let base = rest.baseAddress, rest.count > 0 {
      let written = write(descriptor, base, rest.count)
      if written > 0 {
        rest = UnsafeRawBufferPointer(rebasing: rest[written...])
      } else if written == 0 || errno != EINTR {
        failure = written == 0 ? ENOSPC : errno
      }
    }
  }
}
