namespace RadLab.Training;

/// <summary>Where a run is tracked: a folder in MLflow's file layout, or an MLflow server.</summary>
/// <param name="Uri">The server's address without a slash at the end, or the folder's full path.</param>
/// <param name="IsServer">http or https.</param>
public sealed record TrackingTarget(string Uri, bool IsServer)
{
    public const string Variable = "MLFLOW_TRACKING_URI", DefaultFolder = "mlruns";

    /// <summary>Null where nobody asked for tracking.</summary>
    /// <param name="asked">--track stands on the command line.</param>
    /// <param name="given">Value of --tracking-uri, which asks as well; <c>off</c> overrules the variable.</param>
    /// <param name="variable">Value of MLFLOW_TRACKING_URI.</param>
    /// <exception cref="RecipeException">The address is none that RadLab can write to.</exception>
    public static TrackingTarget? Find(bool asked, string? given, string? variable)
    {
        if (given == "off") return null;
        if (!string.IsNullOrWhiteSpace(given)) return Parse(given, "--tracking-uri");
        if (!string.IsNullOrWhiteSpace(variable)) return Parse(variable, Variable);
        return asked ? Parse(DefaultFolder, "--track") : null;
    }

    /// <param name="source">What messages call it.</param>
    public static TrackingTarget Parse(string text, string source)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string scheme = colon > 1 && text[..colon].All(char.IsAsciiLetterOrDigit) ? text[..colon].ToLowerInvariant() : "";   // a single letter is a Windows drive
        switch (scheme)
        {
            case "":
                return new TrackingTarget(Path.GetFullPath(text), false);
            case "file":
                if (System.Uri.TryCreate(text, UriKind.Absolute, out var file) && file.IsFile && file.Host.Length == 0 && text.StartsWith("file:/", StringComparison.OrdinalIgnoreCase)) return new TrackingTarget(Path.GetFullPath(file.LocalPath), false);
                throw new RecipeException($"{source} {text}: must be file:///FOLDER with a full path; or give the folder itself.");
            case "http" or "https":
                if (!System.Uri.TryCreate(text, UriKind.Absolute, out var server)) throw new RecipeException($"{source} {text}: is no address; expected https://HOST[:PORT].");
                // it is written to files and shown in messages
                if (server.UserInfo.Length > 0) throw new RecipeException($"{source}: must not carry a password; put it in {MlflowCredentials.UserVariable} and {MlflowCredentials.PasswordVariable}, or a token in {MlflowCredentials.TokenVariable}.");
                if (server.Query.Length > 0 || server.Fragment.Length > 0) throw new RecipeException($"{source} {text}: must end with the path, without ? and #.");
                return new TrackingTarget(text.TrimEnd('/'), true);
            default:
                throw new RecipeException($"{source} {text}: '{scheme}' is no place RadLab writes to; give a folder, file:///FOLDER or https://HOST (for a database: start 'mlflow server' on it), or --tracking-uri off.");
        }
    }

    /// <summary>What writes there.</summary>
    public ITrackingStore Open() => IsServer ? new MlflowRestStore(this, MlflowCredentials.FromEnvironment()) : new MlflowFileStore(Uri);
}
