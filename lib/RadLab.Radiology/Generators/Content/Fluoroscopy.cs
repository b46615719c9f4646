using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>Fluoroscopy: esophagram, upper GI series, small bowel follow-through, barium enema, swallow study, hysterosalpingogram, voiding cystourethrogram.</summary>
internal static class Fluoroscopy
{
    private static readonly ReportOrgan s_esophagus = new("Esophagus")
    {
        Normals =
        [
            new(["esophageal stricture", "esophageal mass"], ["The esophagus is normal in caliber and contour.", "No stricture, mass or ulceration of the esophagus.", "Esophageal caliber and mucosa are normal."]) { Chance = 0.9 },
            new(["esophageal dysmotility"], ["Primary peristalsis is normal.", "Esophageal motility is normal.", "Normal primary stripping wave."]) { Chance = 0.8 },
            new(["gastroesophageal reflux"], ["No gastroesophageal reflux was elicited.", "No spontaneous or provoked reflux.", "There was no reflux with provocative maneuvers."]) { Chance = 0.7 },
            new(["hiatal hernia"], ["No hiatal hernia.", "There is no hiatal hernia.", "The gastroesophageal junction is normally located."]) { Chance = 0.6 },
        ],
        Negatives = [new("aspiration", "aspiration", "tracheal aspiration")],
        Findings =
        [
            new("hiatal hernia") { Nouns = ["hiatal hernia", "sliding hiatal hernia"], Grades = ["small", "moderate", "large"], Weight = 5, MinAge = 30, Rank = 1, Says = ["{there} {grade} {x}{since}.", "{grade} {x}{since}.", "{new} {grade} {x}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("gastroesophageal reflux") { Nouns = ["~gastroesophageal reflux", "~reflux of contrast"], Traits = [new("level", "to the level of the distal esophagus", "to the level of the mid esophagus", "to the level of the thoracic inlet")], Weight = 5, Rank = 1, Course = FindingCourse.Acute, Says = ["{x} {level} was [observed|demonstrated]{since}.", "Spontaneous {x} {level}{since}.", "There was {new} {x} {level}."], Ends = ["{x} {level}{since}.", "{new} {x} {level}.", "{there} {x} {level}{since}."] },
            new("esophageal dysmotility") { Kinds = ["~esophageal dysmotility", "#tertiary contractions"], Grades = Stenosis, Weight = 4, MinAge = 45, Rank = 1, Says = ["{grade} {x}{since}.", "There {is} {grade} {x} in the distal esophagus{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("esophageal stricture") { Kinds = ["smooth stricture", "short segment stricture"], Concepts = ["esophageal stricture"], Places = ["distal esophagus", "mid esophagus", "gastroesophageal junction"], At = "of the {place}", Grades = Stenosis, Traits = [new("tablet", "with delay of a 13 mm barium tablet", "through which the barium tablet passes", "with holdup of the barium tablet")], Weight = 2.5, MinAge = 30, Rank = 2, Course = FindingCourse.Lesion, Diagnoses = ["a peptic stricture"], Says = ["{there} {grade} {x} {at} {tablet}{since}.", "{grade} {x} {at} {tablet}{since}.", "{new} {grade} {x} {at} {tablet}."], Ends = ["{grade} {x} {at}{since}{dx}.", "{new} {x} {at}{dx}.", "{there} {grade} {x} {at}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Endoscopy },
            new("esophageal mass") { Kinds = ["irregular narrowing", "irregular filling defect"], Concepts = ["esophageal stricture"], Places = ["distal esophagus", "mid esophagus"], At = "of the {place}", Size = new(22, 64), Weight = 0.8, MinAge = 48, Rank = 3, Course = FindingCourse.Lesion, Excludes = ["esophageal stricture"], Diagnoses = ["esophageal carcinoma"], Says = ["{there} {new} {x} {at} over a length of {size}.", "{x} {at} over {size} with mucosal destruction{since}.", "{new} {x} {at} over a length of {size}."], Ends = ["{x} {at}{since}{dx}.", "{new} {x} {at}{dx}.", "{there} {x} {at}{since}{dx}."], Advice = _ => Advice.Endoscopy, AdviceChance = 1 },
            new("esophageal diverticulum") { Kinds = ["Zenker diverticulum/Zenker diverticula", "midesophageal diverticulum/midesophageal diverticula", "epiphrenic diverticulum/epiphrenic diverticula"], Size = new(9, 38), Weight = 1, MinAge = 55, Rank = 2, Course = FindingCourse.Chronic, Says = ["{size} {x}{since}.", "{there} {new} {size} {x}."], Ends = ["{size} {x}{since}.", "{new} {x} measuring {size}.", "{there} {size} {x}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_stomach = new("Stomach and duodenum")
    {
        Normals =
        [
            new(["gastric abnormality"], ["The stomach is normal in contour and distensibility.", "Gastric folds are normal without ulceration or mass.", "Normal stomach."]) { Chance = 0.9 },
            new(["duodenal abnormality"], ["The duodenal bulb and sweep are normal.", "Duodenum is unremarkable.", "Normal duodenal bulb and C-loop."]) { Chance = 0.9 },
        ],
        Negatives = [new("leak", "contrast extravasation", "leak"), new("gastric outlet obstruction", "gastric outlet obstruction")],
        Findings =
        [
            new("gastric ulcer") { Nouns = ["ulcer", "ulcer niche"], Concepts = ["gastric abnormality"], Places = ["lesser curvature", "gastric antrum"], At = "along the {place}", Size = new(4, 18), Weight = 2, MinAge = 28, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["a benign gastric ulcer"], Says = ["{size} {x} {at} with radiating folds{since}.", "{there} {new} {size} {x} {at}.", "{there} {size} {x} {at} with radiating folds{since}."], Ends = ["{size} {x} {at}{since}{dx}.", "{new} {x} {at}{dx}.", "{there} {size} {x} {at}{since}{dx}."], Advice = _ => Advice.Endoscopy },
            new("fold thickening") { Nouns = ["#thickened gastric folds", "#thickened rugal folds"], Concepts = ["gastric abnormality"], Weight = 3, Rank = 1, Course = FindingCourse.Acute, Diagnoses = ["gastritis"], Says = ["{x}{since}.", "There are {new} {x}.", "{there} {x}{since}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
            new("sleeve gastrectomy") { Kinds = ["~sleeve gastrectomy", "~Roux-en-Y gastric bypass"], Concepts = ["gastric abnormality"], Weight = 2, MinAge = 20, Rank = 0, Course = FindingCourse.Fixed, Says = ["Postsurgical changes of {x}.", "Status post {x} with expected anatomy.", "Anatomy compatible with {x}."] },
            new("duodenal diverticulum") { Nouns = ["duodenal diverticulum/duodenal diverticula"], Concepts = ["duodenal abnormality"], Size = new(9, 32), Weight = 1.6, MinAge = 45, Rank = 0, Says = ["{size} {x}{since}.", "{there} {new} {size} {x}."] },
            new("gastric outlet obstruction") { Kinds = ["~delayed gastric emptying", "~marked gastric distention with delayed emptying"], Concepts = ["gastric abnormality"], Weight = 1, Rank = 2, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["gastric outlet obstruction", "gastroparesis"], Says = ["There is {x}{since}.", "{new} {x}.", "{there} {new} {x}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."] },
        ],
    };

    private static readonly ReportReason[] s_upperReasons =
    [
        new(["dysphagia", "dysphagia to solids", "food sticking", "difficulty swallowing"]) { Boosts = ["esophageal stricture", "esophageal dysmotility"], Question = "esophageal stricture", Asks = "stricture", Weight = 5 },
        new(["heartburn", "gastroesophageal reflux disease", "reflux symptoms"]) { Boosts = ["gastroesophageal reflux", "hiatal hernia"], Question = "gastroesophageal reflux", Asks = "reflux", Weight = 4 },
        new(["preoperative evaluation for hiatal hernia repair", "known hiatal hernia"]) { Boosts = ["hiatal hernia"], Weight = 2, MinAge = 35 },
    ];

    public static readonly ReportExam Esophagram = Study("esophagram", ["FL Esophagram", "FLUOROSCOPY ESOPHAGRAM DOUBLE CONTRAST", "Barium swallow"], "esophagram", [s_esophagus], 2.5, s_upperReasons,
        ["Double-contrast esophagram with thick and thin barium.", "Biphasic barium esophagram in upright and prone positions.", "Fluoroscopic examination of the esophagus with barium and a 13 mm tablet."], "acute esophageal abnormality", "esophagram");

    public static readonly ReportExam UpperGi = Study("upper GI series", ["FL Upper GI Series", "UPPER GI WITH BARIUM", "UGI series"], "upper GI series", [s_esophagus, s_stomach], 2, [.. s_upperReasons, new(["epigastric pain", "nausea and early satiety", "vomiting after bariatric surgery"]) { Boosts = ["gastric ulcer", "fold thickening", "sleeve gastrectomy"], Weight = 5 }],
        ["Single-contrast upper GI series with barium.", "Double-contrast upper gastrointestinal examination.", "Fluoroscopic upper GI examination with water-soluble contrast followed by barium."], "acute upper gastrointestinal abnormality", "upper GI series");

    private static readonly ReportOrgan s_smallBowel = new("Small bowel")
    {
        Normals =
        [
            new(["small bowel stricture", "fold abnormality", "small bowel dilatation"], ["Small bowel loops are normal in caliber and fold pattern.", "Normal small bowel without stricture or dilatation.", "The jejunum and ileum are normal."]) { Chance = 0.95 },
            new(["terminal ileum abnormality"], ["The terminal ileum is normal.", "Terminal ileum is unremarkable on compression views.", "Normal terminal ileum."]) { Chance = 0.9 },
            new(["delayed transit"], ["Contrast reached the colon within 90 minutes.", "Transit time is normal.", "Small bowel transit is within normal limits."]) { Chance = 0.8 },
        ],
        Findings =
        [
            new("terminal ileitis") { Kinds = ["~narrowing and nodularity of the terminal ileum", "~fold thickening with separation of loops at the terminal ileum"], Concepts = ["terminal ileum abnormality", "fold abnormality"], Size = new(40, 180), Weight = 4, MaxAge = 60, Rank = 2, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["Crohn disease"], Says = ["{x} over a segment of {size}{since}.", "There is {x}, involving {size}{since}.", "{there} {x} over a segment of {size}{since}."], Ends = ["{x}{since}{dx}.", "{new} {x}{dx}.", "{there} {x}{since}{dx}."], Advice = _ => Advice.Colonoscopy, AdviceChance = 0.4 },
            new("small bowel stricture") { Nouns = ["stricture", "fixed narrowing"], Places = ["mid ileum", "distal ileum", "jejunum"], Size = new(20, 70), Weight = 2, Rank = 2, Course = FindingCourse.Lesion, Concepts = ["small bowel dilatation"], Says = ["{size} {x} in the {place} with proximal dilatation{since}.", "{there} {new} {size} {x} in the {place}.", "{there} {size} {x} in the {place} with proximal dilatation{since}."], Ends = ["{x} in the {place}{since}.", "{new} {size} {x} in the {place}.", "{there} {x} in the {place}{since}."] },
            new("delayed transit") { Nouns = ["~delayed small bowel transit", "~delayed transit of contrast"], Weight = 3, Rank = 1, Course = FindingCourse.Acute, Says = ["There is {x}, with contrast in the colon at 5 hours{since}.", "{new} {x}.", "{x}{since}.", "{there} {new} {x}."], Ends = ["{x}{since}.", "{new} {x}.", "{there} {x}{since}."] },
            new("jejunal diverticulosis") { Nouns = ["#jejunal diverticula"], Weight = 1, MinAge = 55, Rank = 1, Says = ["Multiple {x}{since}.", "There are {new} {x}."], Ends = ["{x}{since}.", "{new} {x}.", "{there} {x}{since}."] },
        ],
    };

    public static readonly ReportExam SmallBowel = Study("small bowel follow-through", ["FL Small Bowel Follow-Through", "SMALL BOWEL SERIES", "SBFT"], "small bowel follow-through", [s_smallBowel], 1.5,
        [new(["Crohn disease", "suspected inflammatory bowel disease", "chronic diarrhea and weight loss"]) { Boosts = ["terminal ileitis"], Question = "terminal ileum abnormality", Asks = "terminal ileitis", Weight = 5, MaxAge = 65 }, new(["intermittent abdominal pain", "partial small bowel obstruction", "bloating after meals"]) { Boosts = ["small bowel stricture", "delayed transit"], Question = "small bowel stricture", Asks = "stricture", Weight = 4 }],
        ["Barium small bowel follow-through with compression views of the terminal ileum.", "Serial radiographs and fluoroscopy after oral barium.", "Small bowel series following ingestion of barium."], "acute small bowel abnormality", "small bowel follow-through");

    private static readonly ReportOrgan s_colon = new("Colon")
    {
        Normals =
        [
            new(["colonic polyp", "colonic mass"], ["No polyp, mass or stricture.", "The colon is normal without filling defect or stricture.", "No annular lesion or polypoid filling defect."]) { Chance = 0.95 },
            new(["diverticulosis"], ["No diverticula are seen.", "No diverticulosis.", "There are no diverticula."]) { Chance = 0.5 },
            new(["leak"], ["No contrast extravasation.", "There is no leak.", "No evidence of leak or fistula."]) { Chance = 0.6 },
        ],
        Findings =
        [
            new("diverticulosis") { Nouns = ["~sigmoid diverticulosis", "~colonic diverticulosis"], Grades = Extent, Weight = 5, MinAge = 42, Rank = 1, Says = ["{grade} {x}{since}.", "There is {grade} {x} without spasm{since}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("colonic polyp") { Nouns = ["polypoid filling defect", "polyp"], Places = ["sigmoid colon", "descending colon", "transverse colon", "cecum", "rectum"], Size = new(5, 22), Weight = 3.5, MinAge = 40, Rank = 2, Course = FindingCourse.Lesion, AdviceChance = 1, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}.", "{new} {place} {x} measuring {size}.", "{there} {size} {x} in the {place}{since}."], Advice = _ => Advice.Colonoscopy },
            new("colonic mass") { Nouns = ["annular constricting lesion", "apple-core lesion"], Places = ["sigmoid colon", "ascending colon", "rectosigmoid junction"], Size = new(26, 66), Weight = 0.9, MinAge = 48, Rank = 3, Acute = true, Course = FindingCourse.Lesion, AdviceChance = 1, Diagnoses = ["colon carcinoma"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."], Advice = _ => Advice.Colonoscopy },
            new("redundant colon") { Nouns = ["redundant sigmoid colon"], Weight = 2, Rank = 0, Course = FindingCourse.Fixed, Says = ["{there} {x}.", "{x} is noted.", "{x}."] },
        ],
    };

    public static readonly ReportExam BariumEnema = Study("barium enema", ["FL Barium Enema", "BARIUM ENEMA DOUBLE CONTRAST", "Air-contrast barium enema"], "barium enema", [s_colon], 1.5,
        [new(["incomplete colonoscopy", "rectal bleeding and incomplete colonoscopy", "a positive stool test"]) { Boosts = ["colonic polyp", "colonic mass"], Question = "colonic mass", Asks = "colonic mass", Weight = 5, MinAge = 40 }, new(["constipation", "change in bowel habits"]) { Boosts = ["redundant colon", "diverticulosis"], Weight = 4 }],
        ["Double-contrast barium enema.", "Single-contrast enema with water-soluble contrast.", "Barium and air were introduced per rectum under fluoroscopy."], "acute colonic abnormality", "barium enema");

    private static readonly ReportOrgan s_swallow = new("Swallowing")
    {
        Normals =
        [
            new(["aspiration", "laryngeal penetration"], ["No penetration or aspiration with any consistency.", "There was no laryngeal penetration or aspiration.", "No aspiration of thin liquids, puree or solids."]) { Chance = 1 },
            new(["oral phase delay"], ["Oral phase is normal.", "The oral phase was timely.", "Normal oral transit."]) { Chance = 0.7 },
            new(["pharyngeal residue"], ["No significant pharyngeal residue.", "Pharyngeal clearance is complete.", "No vallecular or pyriform residue."]) { Chance = 0.8 },
        ],
        Findings =
        [
            new("aspiration") { Kinds = ["~aspiration", "~silent aspiration", "~trace aspiration"], Traits = [new("with", "with thin liquids", "with nectar-thick liquids", "with thin and nectar-thick liquids")], Weight = 4, MinAge = 30, Rank = 3, Acute = true, Course = FindingCourse.Acute, Says = ["{x} {with} was [observed|seen]{since}.", "There was {new} {x} {with}.", "{x} {with} before the swallow{since}."], Ends = ["{x} {with}{since}.", "{new} {x} {with}.", "{there} {x} {with}{since}."], Advice = _ => Advice.Speech },
            new("laryngeal penetration") { Nouns = ["~laryngeal penetration", "~flash penetration"], Traits = [new("with", "with thin liquids", "with consecutive sips of thin liquid", "with nectar-thick liquids")], Weight = 5, MinAge = 30, Rank = 2, Acute = true, Course = FindingCourse.Acute, Says = ["{x} {with}{since}.", "There was {new} {x} {with}.", "{there} {x} {with}{since}."], Ends = ["{x} {with}{since}.", "{new} {x} {with}.", "{there} {x} {with}{since}."], Advice = _ => Advice.Speech },
            new("pharyngeal residue") { Kinds = ["~vallecular residue", "~pharyngeal residue"], Grades = Mild, Weight = 5, MinAge = 40, Rank = 1, Course = FindingCourse.Acute, Says = ["{grade} {x}{since}.", "There was {grade} {x} after the swallow{since}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("oral phase delay") { Kinds = ["~oral phase delay", "~premature spillage"], Grades = Mild, Weight = 4, MinAge = 40, Rank = 1, Course = FindingCourse.Acute, Says = ["{grade} {x}{since}.", "There was {grade} {x}{since}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("cricopharyngeal prominence") { Kinds = ["~cricopharyngeal prominence", "prominent cricopharyngeal bar"], Weight = 2, MinAge = 50, Rank = 1, Says = ["{there} {new} {x}.", "{x} is noted{since}.", "{new} {x}."], Ends = ["{x}{since}.", "{new} {x}.", "{there} {x}{since}."] },
        ],
    };

    public static readonly ReportExam Swallow = Study("modified barium swallow", ["FL Modified Barium Swallow", "VIDEOFLUOROSCOPIC SWALLOW STUDY", "Modified barium swallow"], "modified barium swallow", [s_swallow], 2,
        [new(["dysphagia after stroke", "coughing with liquids", "recurrent aspiration pneumonia", "choking with meals"]) { Boosts = ["aspiration", "laryngeal penetration"], Question = "aspiration", Asks = "aspiration", Weight = 5, MinAge = 45 }, new(["dysphagia after radiation therapy", "Parkinson disease and dysphagia", "postextubation dysphagia"]) { Boosts = ["pharyngeal residue", "oral phase delay"], Question = "aspiration", Asks = "aspiration", Weight = 4, MinAge = 45 }, new(["dysphagia"]) { Question = "aspiration", Asks = "aspiration", Weight = 3 }],
        ["Videofluoroscopic swallow study performed with speech-language pathology.", "Modified barium swallow with thin, nectar-thick, puree and solid consistencies.", "Lateral videofluoroscopy of swallowing with multiple barium consistencies."], "swallowing abnormality", "swallow study");

    private static readonly ReportOrgan s_uterus = new("Uterus and tubes")
    {
        Normals =
        [
            new(["uterine cavity abnormality"], ["The uterine cavity is normal in contour.", "Normal uterine cavity without filling defect.", "Endometrial cavity is smooth and normal in shape."]) { Chance = 0.95 },
            new(["tubal occlusion", "hydrosalpinx"], ["Both fallopian tubes fill and spill freely.", "Bilateral free intraperitoneal spill.", "The fallopian tubes are patent bilaterally."]) { Chance = 1 },
        ],
        Findings =
        [
            new("tubal occlusion") { Side = FindingSide.EitherOrBoth, Nouns = ["tubal occlusion"], Traits = [new("level", "proximal", "distal", "cornual")], Weight = 4, Rank = 2, Course = FindingCourse.Lesion, Says = ["{side} {level} {x} without spill{since}.", "{there} {new} {side} {level} {x}.", "{there} {side} {level} {x} without spill{since}."], Ends = ["{side} {level} {x}{since}.", "{new} {side} {x}, {level}.", "{there} {side} {level} {x}{since}."] },
            new("hydrosalpinx") { Nouns = ["hydrosalpinx/hydrosalpinges"], Side = FindingSide.Either, Weight = 2.5, Rank = 2, Course = FindingCourse.Lesion, Excludes = ["tubal occlusion"], Says = ["{there} {side} {x} without spill{since}.", "{side} {x}{since}.", "{side} {x} without spill{since}."], Ends = ["{side} {x}{since}.", "{new} {side} {x}.", "{there} {side} {x}{since}."] },
            new("uterine filling defect") { Nouns = ["filling defect"], Concepts = ["uterine cavity abnormality"], Places = ["uterine fundus", "lower uterine segment", "right cornual region"], Size = new(4, 18), Weight = 2.5, Rank = 1, Course = FindingCourse.Lesion, Diagnoses = ["an endometrial polyp", "a submucosal fibroid", "synechia"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {x} in the {place}{since}{dx}."], Advice = _ => Advice.PelvicUltrasound },
            new("arcuate uterus") { Kinds = ["arcuate uterine cavity", "septate uterine cavity"], Concepts = ["uterine cavity abnormality"], Weight = 1.6, Rank = 1, Course = FindingCourse.Fixed, Says = ["{there} {x}.", "{x} is noted.", "{x}."], Ends = ["{x}.", "{x}, a congenital variant.", "{there} {x}."] },
        ],
    };

    public static readonly ReportExam Hysterosalpingogram = Study("hysterosalpingogram", ["FL Hysterosalpingogram", "HYSTEROSALPINGOGRAPHY", "HSG"], "hysterosalpingogram", [s_uterus], 1,
        [new(["infertility", "primary infertility", "secondary infertility", "recurrent pregnancy loss"]) { Boosts = ["tubal occlusion"], Question = "tubal occlusion", Asks = "tubal occlusion", NotWith = ["hydrosalpinx"], Weight = 5 }, new(["prior ectopic pregnancy", "history of pelvic inflammatory disease and infertility"]) { Boosts = ["hydrosalpinx", "tubal occlusion"], Question = "tubal occlusion", Asks = "tubal occlusion", NotWith = ["hydrosalpinx"], Weight = 3 }],
        ["Water-soluble contrast was instilled through a cervical catheter under fluoroscopy.", "Fluoroscopic hysterosalpingogram with a balloon catheter.", "Hysterosalpingography was performed with iodinated contrast."], "uterine or tubal abnormality", "hysterosalpingogram") with { Sex = 'F', MinAge = 22, MaxAge = 44 };

    private static readonly ReportOrgan s_urinary = new("Bladder and urethra")
    {
        Normals =
        [
            new(["vesicoureteral reflux"], ["No vesicoureteral reflux on either side.", "There was no reflux during filling or voiding.", "No evidence of vesicoureteral reflux."]) { Chance = 1 },
            new(["bladder abnormality"], ["The bladder is smooth and normal in capacity.", "Normal bladder contour.", "Bladder is normal in shape and capacity."]) { Chance = 0.9 },
            new(["urethral abnormality"], ["The urethra is normal on voiding.", "Normal urethra.", "Urethral caliber is normal."]) { Chance = 0.8 },
            new(["postvoid residual"], ["The bladder emptied completely.", "No significant postvoid residual.", "Complete emptying after voiding."]) { Chance = 0.7 },
        ],
        Findings =
        [
            new("vesicoureteral reflux") { Nouns = ["~vesicoureteral reflux"], Side = FindingSide.EitherOrBoth, Traits = [new("degree", "grade I", "grade II", "grade III", "grade IV")], Weight = 6, Rank = 2, Course = FindingCourse.Lesion, Says = ["{degree} {side} {x}{since}.", "There was {degree} {side} {x} during [filling|voiding]{since}.", "{new} {degree} {side} {x}.", "{there} {degree} {side} {x}{since}."], Ends = ["{degree} {side} {x}{since}.", "{new} {degree} {side} {x}.", "{there} {degree} {side} {x}{since}."] },
            new("postvoid residual") { Nouns = ["postvoid residual"], Grades = ["small", "moderate", "large"], Weight = 2.5, Rank = 1, Course = FindingCourse.Acute, Says = ["{there} {grade} {x}{since}.", "{grade} {x}{since}."], Ends = ["{grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("bladder trabeculation") { Nouns = ["~bladder trabeculation", "~trabeculation of the bladder wall"], Concepts = ["bladder abnormality"], Grades = Mild, Weight = 2, Rank = 1, Diagnoses = ["neurogenic bladder", "outlet obstruction"], Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {x}{dx}.", "{there} {grade} {x}{since}{dx}."] },
        ],
    };

    public static readonly ReportExam VoidingCystourethrogram = Study("voiding cystourethrogram", ["FL Voiding Cystourethrogram", "VCUG", "VOIDING CYSTOURETHROGRAM"], "voiding cystourethrogram", [s_urinary], 1,
        [new(["recurrent urinary tract infections", "febrile urinary tract infection", "hydronephrosis on ultrasound"]) { Boosts = ["vesicoureteral reflux"], Question = "vesicoureteral reflux", Asks = "vesicoureteral reflux", Weight = 5 }, new(["known vesicoureteral reflux", "follow-up of reflux"]) { Boosts = ["vesicoureteral reflux"], Weight = 3 }],
        ["The bladder was filled with contrast through a catheter and voiding was observed.", "Fluoroscopic voiding cystourethrogram with cyclic filling.", "Voiding cystourethrography was performed after bladder catheterization."], "lower urinary tract abnormality", "voiding cystourethrogram") with { MinAge = 1, MaxAge = 12, Interval = StudyInterval.Years };

    // Nothing of this is urgent as a rule, so the impression's negative names the study instead of "acute".
    private static ReportExam Study(string name, Words titles, string noun, ReportOrgan[] organs, double weight, ReportReason[] reasons, Wordings techniques, string acute, string shortName) => new(name)
    {
        Modality = "RF", Titles = titles, Noun = noun, Weight = weight, Organs = organs, Reasons = reasons, Techniques = techniques, AcuteConcept = acute, Findings = 2.2, NormalChance = 0.2,
        NothingAcute = [$"No acute abnormality on {shortName}.", $"No significant acute abnormality.", $"No acute findings on this {shortName}."], Normal = [$"Normal {shortName}.", $"Unremarkable {shortName}.", $"Normal examination: {shortName}."],
    };
}
