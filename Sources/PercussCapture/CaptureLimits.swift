/// What a ``CaptureDecoder`` keeps at most, whatever the capture holds. Beyond a limit it says so in a ``CaptureProblem`` and leaves out what would exceed it.
///
/// At these limits it takes less than 100 MB.
public enum CaptureLimits {
  /// Connections at the same time, over all adapters.
  public static let connections = 256
  /// Adapters.
  public static let controllers = 256
  /// Enhanced ATT channels and other credit-based channels of one connection.
  public static let channels = 32
  /// Servers whose attributes are kept, those of ended connections included.
  public static let servers = 256
  /// Attributes over all servers.
  public static let attributes = 1 << 16
  /// Handles of a request for several values; the largest ATT_MTU has room for no more.
  public static let handlesOfRequest = 258
  /// Bytes of PDUs, values and prepared writes that are not whole yet, over all connections.
  public static let pendingBytes = 1 << 24
}
