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

  @Test func `what is at its place already and is no socket stays`() throws {
    let parent = "/tmp/percuss-bus-place-\(getpid())"
    let places = ["folder", "file", "link"].map { "\(parent)/\($0)" }
    #expect(mkdir(parent, 0o755) == 0 && mkdir(places[0], 0o755) == 0)
    for file in ["\(places[0])/kept", places[1]] { close(creat(file, 0o600)) }
    #expect(symlink("file", places[2]) == 0)
    defer {
      for file in ["\(places[0])/kept", places[1], places[2]] { unlink(file) }
      rmdir(places[0])
      rmdir(parent)
    }
    for place in places {
      let error = #expect(throws: DBusFailure.self) { _ = try PrivateBus.start(socket: place) }
      #expect(String(describing: error).contains("is no socket"), "\(String(describing: error))")
    }
    for path in ["\(places[0])/kept"] + places { #expect(access(path, F_OK) == 0, "\(path)") }
  }

  @Test func `a place where it cannot listen is refused with the system's reason`() {
    let error = #expect(throws: DBusFailure.self) { _ = try PrivateBus.start(socket: "/nonexistent/bus") }
    #expect(String(describing: error).contains("No such file or directory"), "\(String(describing: error))")
  }

  @Test func `its end takes no successor away`() async throws {
    let place = "/tmp/percuss-bus-successor-\(getpid())"
    defer { unlink(place) }
    let first = try PrivateBus.start(socket: place)
    kill(first.process, SIGKILL)
    // In the place of the socket that the first left behind, as soon as nobody listens there.
    var successor: PrivateBus?
    for _ in 0..<1_000 where successor == nil {
      successor = try? PrivateBus.start(socket: place)
      usleep(10_000)
    }
    let second = try #require(successor)
    first.stop()
    let timeline = RealTimeline()
    let connection = try await BusConnection.open(second.address, on: timeline, timeout: .seconds(30))
    await connection.close()
    try await timeline.run { timeline.shutDown() }
    second.stop()
    #expect(access(place, F_OK) != 0)
  }

  @Test func `a client that does not read costs it little`() async throws {
    let bench = try Bench()
    let idle = RealTimeline(name: "idle")
    defer { idle.shutDown() }
    let reader = try await BusConnection.open(bench.bus.address, on: idle, timeout: .seconds(30))
    var ends: [CInt] = [-1, -1]
    #expect(pipe(&ends) == 0)
    // Its timeline is held up until the end of the test.
    idle.schedule(at: .zero) { [end = ends[0]] in
      var byte: UInt8 = 0
      read(end, &byte, 1)
    }
    let writer = try await bench.connect()
    let call = MethodCall.ofObject("Echo", [.bytes([UInt8](repeating: 0, count: 8 << 20))], to: reader.uniqueName)
    let answers = Mailbox<DBusFailure?>(bench.timeline)
    for _ in 0..<10 {
      while await writer.statistics.queuedBytes > 0 { try await bench.timeline.sleep(for: .milliseconds(1)) }
      await writer.send(call) { result in
        if case .failure(let failure) = result { answers.post(failure) } else { answers.post(nil) }
      }
    }
    let refusal = try? await answers.next()
    for end in ends.reversed() { close(end) }
    #expect(refusal?.refusalName == "org.freedesktop.DBus.Error.LimitsExceeded")
    await reader.close()
    await writer.close()
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
