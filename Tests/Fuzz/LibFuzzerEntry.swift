import Glibc

/// The target that this process fuzzes; the script names it in the environment.
private let check: @Sendable (UnsafeRawBufferPointer) -> Void = {
  let name = getenv("PERCUSS_FUZZ_TARGET").map { String(cString: $0) } ?? ""
  guard let target = fuzzTargets.first(where: { $0.name == name }) else {
    print("PERCUSS_FUZZ_TARGET=\(name): the targets are \(fuzzTargets.map(\.name).joined(separator: ", "))")
    exit(2)
  }
  return target.check
}()

@c func LLVMFuzzerTestOneInput(_ data: UnsafePointer<UInt8>?, _ size: Int) -> CInt {
  check(UnsafeRawBufferPointer(start: data, count: size))
  return 0
}
