import Glibc
import PercussDBus
import PercussTime
import Testing

@Suite(.timeLimit(.minutes(1))) struct PrivateBusTests {
  @Test func `it leaves nothing behind`() throws {
    let bus = try PrivateBus.start()
    #expect(access("\(bus.folder)/socket", F_OK) == 0)
    #expect(kill(bus.process, 0) == 0)
    bus.stop()
    bus.stop()
    #expect(access(bus.folder, F_OK) != 0)
    #expect(kill(bus.process, 0) != 0)
  }

  @Test func `its folder is where it is asked for, private, and can be reached`() async throws {
    let parent = "/tmp/percuss bus & test <\(getpid())>"
    #expect(mkdir(parent, 0o755) == 0)
    defer { rmdir(parent) }
    let bus = try PrivateBus.start(folder: parent)
    defer { bus.stop() }
    #expect(bus.folder.hasPrefix("\(parent)/"))
    let timeline = RealTimeline()
    let connection = try await BusConnection.open(bus.address, on: timeline, timeout: .seconds(30))
    await connection.close()
    try await timeline.run { timeline.shutDown() }
    var status = stat()
    #expect(stat(bus.folder, &status) == 0)
    #expect(status.st_mode & 0o777 == 0o700)
  }

  @Test func `a folder that cannot be is said so`() {
    #expect(throws: DBusFailure.self) { try PrivateBus.start(folder: "/nonexistent") }
    #expect(throws: DBusFailure.self) { try PrivateBus.start(folder: "relative") }
  }

  @Test func `without dbus-daemon the error names the package`() async {
    await #expect(processExitsWith: .success) {
      setenv("PATH", "/nonexistent", 1)
      do {
        _ = try PrivateBus.start()
        exit(1)
      } catch {
        guard "\(error)".contains("apt-get install dbus-daemon") else { exit(2) }
      }
    }
  }

  @Test func `it ends with its owner, however that ends`() async throws {
    let note = "/tmp/percuss-bus-test-\(getpid())"
    defer { unlink(note) }
    await #expect(processExitsWith: .signal(SIGKILL)) {
      let bus = try PrivateBus.start()
      guard let file = fopen("/tmp/percuss-bus-test-\(getppid())", "w") else { exit(1) }
      fputs("\(bus.process) \(bus.folder)", file)
      fclose(file)
      kill(getpid(), SIGKILL)
    }
    let opened = fopen(note, "r")
    let file = try #require(opened)
    var text = [UInt8](repeating: 0, count: 256)
    let count = fread(&text, 1, text.count, file)
    fclose(file)
    let words = String(decoding: text.prefix(count), as: UTF8.self).split(separator: " ", maxSplits: 1)
    let process = try #require(words.first.flatMap { pid_t($0) })
    let folder = String(words[1])
    for _ in 0..<10_000 where kill(process, 0) == 0 || access(folder, F_OK) == 0 { usleep(1_000) }
    #expect(kill(process, 0) != 0)
    #expect(access(folder, F_OK) != 0)
  }
}
