package import SystemPackage

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#else
  import Darwin
#endif

/// The system calls on which a written file depends; tests make each of them fail in turn.
/// Each returns -1 and sets `errno` as the call itself does.
package struct FileCalls: Sendable {
  package var writeBytes: @Sendable (CInt, UnsafeRawPointer, Int) -> Int
  package var sync: @Sendable (CInt) -> CInt
  package var renameFile: @Sendable (FilePath, FilePath) -> CInt
  package var linkFile: @Sendable (FilePath, FilePath) -> CInt

  package static let system = FileCalls(
    writeBytes: { write($0, $1, $2) },
    sync: { descriptor in
      #if canImport(Darwin)
        // fsync leaves the bytes in the drive's cache there.
        if fcntl(descriptor, F_FULLFSYNC) == 0 { return 0 }
      #endif
      return fsync(descriptor)
    },
    renameFile: { from, to in
      from.withPlatformString { old in to.withPlatformString { new in rename(old, new) } }
    },
    linkFile: { from, to in
      from.withPlatformString { old in to.withPlatformString { new in link(old, new) } }
    })
}
