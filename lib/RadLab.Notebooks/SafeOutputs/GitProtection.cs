using System.Diagnostics;
using System.Text;

namespace RadLab.Notebooks;

/// <summary>
/// Sets up a git filter in one clone, so that notebooks are stored without outputs. Lives in the clone's own settings and
/// <c>info/attributes</c>; nothing is committed, and other clones are not touched.
/// </summary>
public static class GitProtection
{
    private const string Filter = "radlab-strip";
    private const string Line = "*.ipynb filter=" + Filter;

    /// <param name="command">Program and arguments that filter standard input to standard output.</param>
    /// <returns>The repository's folder.</returns>
    /// <exception cref="KernelException">The folder is in no git repository.</exception>
    public static string Protect(string folder, IReadOnlyList<string> command)
    {
        string root = Git(folder, "rev-parse", "--show-toplevel");
        Git(folder, "config", "--local", $"filter.{Filter}.clean", string.Join(' ', command.Select(Quoted)));
        Git(folder, "config", "--local", $"filter.{Filter}.smudge", "cat");
        // a filter that cannot run must stop the commit, not let outputs through
        Git(folder, "config", "--local", $"filter.{Filter}.required", "true");
        Edit(folder, lines => lines.Contains(Line) ? lines : [.. lines, Line]);
        return root;
    }

    /// <summary>Takes back what <see cref="Protect"/> did; true when there was something.</summary>
    public static bool Unprotect(string folder)
    {
        bool was = IsProtected(folder);
        if (TryGit(folder, out _, "config", "--local", "--get", $"filter.{Filter}.clean")) Git(folder, "config", "--local", "--remove-section", $"filter.{Filter}");
        Edit(folder, lines => [.. lines.Where(l => l != Line)]);
        return was;
    }

    /// <summary>Whether notebooks of this clone are stored without outputs.</summary>
    public static bool IsProtected(string folder) =>
        TryGit(folder, out string value, "check-attr", "filter", "--", "any.ipynb") && value.EndsWith(": " + Filter, StringComparison.Ordinal)
        && TryGit(folder, out _, "config", "--local", "--get", $"filter.{Filter}.clean");

    private static void Edit(string folder, Func<string[], string[]> change)
    {
        string path = Path.Combine(Path.GetFullPath(Path.Combine(folder, Git(folder, "rev-parse", "--git-common-dir"))), "info", "attributes");
        string[] lines = File.Exists(path) ? File.ReadAllLines(path) : [], changed = change(lines);
        if (lines.SequenceEqual(changed)) return;
        Directory.CreateDirectory(Path.GetDirectoryName(path)!);
        AtomicFile.Write(path, Encoding.UTF8.GetBytes(string.Concat(changed.Select(l => l + "\n"))));
    }

    // git runs the filter through a POSIX shell on every system
    private static string Quoted(string argument) => $"'{argument.Replace('\\', '/').Replace("'", "'\\''", StringComparison.Ordinal)}'";

    private static string Git(string folder, params string[] arguments) =>
        TryGit(folder, out string answer, arguments) ? answer : throw new KernelException($"notebooks protect: git {arguments[0]} failed in {folder}: {answer}");

    private static bool TryGit(string folder, out string answer, params string[] arguments)
    {
        try
        {
            using var git = Process.Start(new ProcessStartInfo("git", arguments) { WorkingDirectory = folder, RedirectStandardOutput = true, RedirectStandardError = true })!;
            var errors = git.StandardError.ReadToEndAsync();
            answer = git.StandardOutput.ReadToEnd().Trim();
            git.WaitForExit();
            if (git.ExitCode != 0) answer = errors.Result.Trim().Split('\n')[0];
            return git.ExitCode == 0;
        }
        catch (System.ComponentModel.Win32Exception e)
        {
            answer = $"git did not start ({e.Message})";
            return false;
        }
    }
}
