using RadLab.Training;

namespace RadLab.Tests.Training;

public sealed class TrackingTargetTests
{
    [Fact]
    public void Nothing_is_tracked_unless_somebody_asks()
    {
        Assert.Null(TrackingTarget.Find(false, null, null));
        Assert.Null(TrackingTarget.Find(false, null, " "));
        Assert.Null(TrackingTarget.Find(true, "off", "https://host"));
        Assert.Equal(new TrackingTarget(Path.GetFullPath("mlruns"), false), TrackingTarget.Find(true, null, null));
        Assert.Equal(new TrackingTarget("https://host/path", true), TrackingTarget.Find(false, null, "https://host/path/"));
        Assert.Equal(new TrackingTarget("http://other:5000", true), TrackingTarget.Find(true, "http://other:5000", "https://host"));
        Assert.Equal(new TrackingTarget(Path.GetFullPath("/a/b:c"), false), TrackingTarget.Find(true, "/a/b:c", null));
        Assert.Equal(new TrackingTarget(Path.GetFullPath("/a/b c"), false), TrackingTarget.Find(true, "file:///a/b%20c", null));
    }

    [Theory]
    [InlineData("sqlite:///mlflow.db", "--tracking-uri sqlite:///mlflow.db: 'sqlite' is no place RadLab writes to; give a folder, file:///FOLDER or https://HOST (for a database: start 'mlflow server' on it), or --tracking-uri off.")]
    [InlineData("https://me:secret@host", "--tracking-uri: must not carry a password; put it in MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD, or a token in MLFLOW_TRACKING_TOKEN.")]
    [InlineData("https://host/?a=b", "--tracking-uri https://host/?a=b: must end with the path, without ? and #.")]
    [InlineData("file://host/share", "--tracking-uri file://host/share: must be file:///FOLDER with a full path; or give the folder itself.")]
    public void Other_addresses_are_refused(string uri, string message) => Assert.Equal(message, Assert.Throws<RecipeException>(() => TrackingTarget.Parse(uri, "--tracking-uri")).Message);
}
