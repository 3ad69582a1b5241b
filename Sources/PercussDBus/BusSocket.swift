internal import CDBus
internal import PercussTime

/// A connection of libdbus, driven by its watches on a timeline. Everything happens on the timeline.
///
/// libdbus wants the descriptor watched twice, for reading and for writing, and switches each on and off; one ``DescriptorWatch`` follows both.
@safe final class BusSocket {
  private var connection: OpaquePointer?
  private let timeline: RealTimeline
  private let onEvents: @Sendable (DescriptorEvents) -> Void
  private var readWatch: OpaquePointer?
  private var writeWatch: OpaquePointer?
  private var descriptorWatch: DescriptorWatch?
  private var failure: DescriptorWatchError?

  /// - Parameter onEvents: called when the descriptor wants attention; to call ``handle(_:)`` and then ``nextMessage()`` for all that has come.
  init(
    _ raw: consuming RawConnection, limits: BusConnection.Limits, timeline: RealTimeline,
    onEvents: @escaping @Sendable (DescriptorEvents) -> Void
  ) throws(DBusFailure) {
    self.timeline = timeline
    self.onEvents = onEvents
    let connection = unsafe raw.take()
    unsafe self.connection = connection
    unsafe dbus_connection_set_exit_on_disconnect(connection, 0)
    // Whatever the bus passes on is taken, and measured when it is read: libdbus ends the connection at a message that is larger than it may be.
    unsafe dbus_connection_set_max_message_size(connection, CDBusMaximumMessageLength)
    // Messages are taken as they come; more than this is never wanted in memory, but for the last one.
    unsafe dbus_connection_set_max_received_size(connection, 2 * limits.messageBytes)
    let accepted = unsafe dbus_connection_set_watch_functions(
      connection, { unsafe BusSocket.of($1).added($0) }, { unsafe BusSocket.of($1).removed($0) },
      { unsafe BusSocket.of($1).toggled($0) }, Unmanaged.passUnretained(self).toOpaque(), nil)
    guard accepted != 0, failure == nil else {
      close()
      throw failure == .shutDown ? .disconnected : .outOfMemory
    }
  }

  deinit {
    close()
  }

  /// Ends the connection. What has not been written is lost.
  func close() {
    guard let connection = unsafe connection else { return }
    unsafe self.connection = nil
    unsafe dbus_connection_close(connection)
    unsafe dbus_connection_set_watch_functions(connection, nil, nil, nil, nil, nil)
    unsafe dbus_connection_unref(connection)
    descriptorWatch?.cancel()
    descriptorWatch = nil
  }

  var isConnected: Bool {
    guard let connection = unsafe connection else { return false }
    return unsafe dbus_connection_get_is_connected(connection) != 0
  }

  /// Bytes that wait to be written.
  var queuedBytes: Int {
    guard let connection = unsafe connection else { return 0 }
    return unsafe dbus_connection_get_outgoing_size(connection)
  }

  /// Whether the other end takes descriptors.
  var passesDescriptors: Bool {
    guard let connection = unsafe connection else { return false }
    return unsafe dbus_connection_can_send_type(connection, CInt(CDBusTypeUnixFD)) != 0
  }

  /// Writes the message, or queues what cannot be written at once.
  ///
  /// - Returns: the number of the message.
  func send(_ message: borrowing Message) throws(DBusFailure) -> UInt32 {
    guard let connection = unsafe connection else { throw .disconnected }
    var serial: UInt32 = 0
    let accepted = unsafe message.withPointer { unsafe dbus_connection_send(connection, $0, &serial) }
    guard accepted != 0 else {
      throw .invalid("libdbus did not take the message: no memory, or no descriptors pass here")
    }
    return serial
  }

  /// Lets libdbus read and write.
  func handle(_ events: DescriptorEvents) {
    var flags: UInt32 = 0
    if events.contains(.hangUp) { flags |= DBUS_WATCH_HANGUP.rawValue }
    if events.contains(.error) { flags |= DBUS_WATCH_ERROR.rawValue }
    // Each call may remove both watches.
    if let watch = unsafe readWatch {
      let isWanted = unsafe dbus_watch_get_enabled(watch) != 0
      let readable = isWanted && events.contains(.readable) ? DBUS_WATCH_READABLE.rawValue : 0
      if readable | flags != 0 { unsafe dbus_watch_handle(watch, readable | flags) }
    }
    if events.contains(.writable), let watch = unsafe writeWatch, unsafe dbus_watch_get_enabled(watch) != 0 {
      unsafe dbus_watch_handle(watch, DBUS_WATCH_WRITABLE.rawValue | flags)
    }
  }

  /// The next message that has come; nil when there is none.
  func nextMessage() -> Message? {
    guard let connection = unsafe connection else { return nil }
    return unsafe Message(owning: dbus_connection_pop_message(connection))
  }

  // MARK: What libdbus calls

  private static func of(_ context: UnsafeMutableRawPointer?) -> BusSocket {
    guard let context = unsafe context else { preconditionFailure("libdbus lost the context of its watches") }
    return unsafe Unmanaged<BusSocket>.fromOpaque(context).takeUnretainedValue()
  }

  private func added(_ watch: OpaquePointer?) -> dbus_bool_t {
    guard let watch = unsafe watch else { return 0 }
    if unsafe dbus_watch_get_flags(watch) & DBUS_WATCH_READABLE.rawValue != 0 {
      unsafe readWatch = watch
    } else {
      unsafe writeWatch = watch
    }
    follow(descriptor: unsafe dbus_watch_get_unix_fd(watch))
    return failure == nil ? 1 : 0
  }

  private func removed(_ watch: OpaquePointer?) {
    if unsafe watch == readWatch { unsafe readWatch = nil }
    if unsafe watch == writeWatch { unsafe writeWatch = nil }
    // libdbus closes the descriptor next.
    if unsafe readWatch == nil, unsafe writeWatch == nil {
      descriptorWatch?.cancel()
      descriptorWatch = nil
    } else {
      follow(descriptor: -1)
    }
  }

  private func toggled(_ watch: OpaquePointer?) {
    follow(descriptor: -1)
  }

  private func follow(descriptor: CInt) {
    var interest: DescriptorEvents = []
    if let watch = unsafe readWatch, unsafe dbus_watch_get_enabled(watch) != 0 { interest.insert(.readable) }
    if let watch = unsafe writeWatch, unsafe dbus_watch_get_enabled(watch) != 0 { interest.insert(.writable) }
    if let descriptorWatch {
      descriptorWatch.setInterest(interest)
    } else if descriptor >= 0 {
      do throws(DescriptorWatchError) {
        descriptorWatch = try timeline.watch(descriptor, for: interest, onEvents)
      } catch {
        failure = error
      }
    }
  }
}

/// A connection of libdbus on its way between threads; ends with the handle unless it is taken.
///
/// `@unchecked Sendable`: libdbus locks its connections, and nobody else has this one.
@safe struct RawConnection: ~Copyable, @unchecked Sendable {
  private var pointer: OpaquePointer

  private init(_ pointer: OpaquePointer) {
    unsafe self.pointer = pointer
  }

  deinit {
    unsafe dbus_connection_close(pointer)
    unsafe dbus_connection_unref(pointer)
  }

  /// Connects a socket; blocks for as long as the system does. Authentication comes later, by the watches.
  static func open(_ address: BusAddress) throws(DBusFailure) -> RawConnection {
    dbus_threads_init_default()
    var error = unsafe DBusError()
    unsafe dbus_error_init(&error)
    defer { unsafe dbus_error_free(&error) }
    guard let pointer = unsafe dbus_connection_open_private(address.description, &error) else {
      let reason = unsafe error.message.map { unsafe String(cString: $0) } ?? "no reason given"
      throw .unreachable(address: address.description, reason: reason)
    }
    return unsafe RawConnection(pointer)
  }

  /// Hands the connection over to the caller, who closes it and gives the reference back.
  consuming func take() -> OpaquePointer {
    let pointer = unsafe self.pointer
    discard self
    return unsafe pointer
  }
}
