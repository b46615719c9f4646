using static RadLab.Radiology.Degrees;

namespace RadLab.Radiology;

/// <summary>CT of abdomen and pelvis: with contrast, and without for stones.</summary>
internal static class AbdomenCt
{
    private static readonly string[] s_calyces = ["right kidney", "left kidney", "lower pole of the right kidney", "lower pole of the left kidney", "interpolar right kidney", "upper pole of the left kidney"];

    private static readonly ReportOrgan s_kidneys = new("Kidneys and ureters")
    {
        Normals =
        [
            new(["renal abnormality", "hydronephrosis", "ureteral stone", "nephrolithiasis"], ["The kidneys are unremarkable, without stones or hydronephrosis.", "Kidneys are normal without hydronephrosis or calculi.", "Normal kidneys and ureters.", "No renal or ureteral calculus and no hydronephrosis."]) { Chance = 0.9 },
            new(["hydronephrosis"], ["No hydronephrosis.", "There is no hydronephrosis on either side.", "The collecting systems are not dilated."]) { Chance = 0.6 },
        ],
        Negatives = [new("ureteral stone", "ureteral calculus", "obstructing stone")],
        Findings =
        [
            new("nephrolithiasis") { Nouns = ["nonobstructing calculus/nonobstructing calculi", "nonobstructing stone", "nonobstructing renal calculus/nonobstructing renal calculi"], Concepts = ["renal abnormality"], Places = s_calyces, Size = new(2, 9), Weight = 3.5, Rank = 1, Most = 2, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}.", "{x} measuring {size} in the {place}{since}."], Ends = ["{size} {x} in the {place}{since}.", "{new} {x} in the {place}, {size}.", "{there} {size} {x} in the {place}{since}."] },
            new("ureteral stone") { Nouns = ["obstructing calculus/obstructing calculi", "obstructing stone", "ureteral calculus/ureteral calculi"], Concepts = ["renal abnormality", "hydronephrosis"], Places = ["right ureterovesical junction", "left ureterovesical junction", "right proximal ureter", "left proximal ureter", "right mid ureter", "left mid ureter", "left distal ureter", "right distal ureter"], At = "at the {place}", Traits = [new("dilatation", "mild", "moderate", "mild to moderate", "marked")], Size = new(3, 11), Weight = 2.5, Rank = 3, Acute = true, Course = FindingCourse.Acute, AdviceChance = 0.8, Excludes = ["pyelonephritis"],
                Says = ["{size} {x} {at} with {dilatation} upstream hydroureteronephrosis{since}.", "{there} {new} {size} {x} {at}, causing {dilatation} hydronephrosis.", "{x} {at} measures {size}, with {dilatation} hydronephrosis and perinephric stranding{since}."], Ends = ["{size} {x} {at} with {dilatation} hydronephrosis{since}.", "{new} {size} {x} {at}, resulting in {dilatation} hydroureteronephrosis.", "{there} {size} {x} {at} with {dilatation} hydronephrosis{since}."], Advice = s => s.IsStable ? null : s.Largest >= 6 ? Advice.Urology : Advice.Urinalysis },
            new("simple renal cyst") { Kinds = ["simple cyst", "simple renal cyst", "exophytic simple cyst"], Concepts = ["renal abnormality"], Places = s_calyces, Size = new(8, 72), Weight = 4, MinAge = 30, Rank = 0, Most = 2, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}.", "{x} of {size} in the {place}{since}."] },
            new("renal mass") { Kinds = ["enhancing mass", "heterogeneously enhancing mass", "solid mass"], Concepts = ["renal abnormality"], Places = ["upper pole of the right kidney", "lower pole of the right kidney", "upper pole of the left kidney", "interpolar left kidney"], Size = new(16, 74, 2), Weight = 1, MinAge = 40, Rank = 3, Course = FindingCourse.Lesion, Contrast = true, Diagnoses = ["renal cell carcinoma", "a primary renal neoplasm"], Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}.", "{x} arising from the {place} measures {size}{since}."], Ends = ["{size} {x} in the {place}{since}{dx}.", "{new} {x} in the {place}{dx}.", "{there} {size} {x} in the {place}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Urology, AdviceChance = 0.9 },
            new("indeterminate renal lesion") { Kinds = ["indeterminate lesion", "hyperattenuating lesion", "intermediate-density lesion"], Concepts = ["renal abnormality"], Places = s_calyces, Size = new(9, 32), Weight = 1.5, MinAge = 35, Rank = 1, Course = FindingCourse.Lesion, AdviceChance = 1, Says = ["{size} {x} in the {place}{since}.", "{there} {new} {size} {x} in the {place}."], Ends = ["{size} {x} in the {place}{since}.", "{new} {x} in the {place} measuring {size}.", "{there} {size} {x} in the {place}{since}."], Advice = s => s.IsStable ? null : Advice.RenalMr },
            new("pyelonephritis") { Kinds = ["striated nephrogram", "wedge-shaped area of hypoenhancement/wedge-shaped areas of hypoenhancement"], Concepts = ["renal abnormality"], Side = FindingSide.Either, Weight = 1.2, Rank = 2, Acute = true, Course = FindingCourse.Acute, Contrast = true, Diagnoses = ["pyelonephritis"], Says = ["{there} {side} {x} with perinephric stranding{since}.", "{side} {x}{since}.", "{new} {side} {x} {is} seen."], Ends = ["{side} {x}{since}{dx}.", "{new} {side} {x}{dx}.", "{there} {side} {x}{since}{dx}."], Advice = _ => Advice.Urinalysis },
        ],
    };

    private static readonly ReportOrgan s_bowel = new("Bowel")
    {
        Negatives = [new("diverticulitis", "diverticulitis", "acute diverticulitis")],
        Normals =
        [
            new(["appendicitis"], ["The appendix is normal.", "Normal appendix.", "The appendix is visualized and normal.", "No evidence of appendicitis."]),
            new(["bowel obstruction", "bowel wall abnormality"], ["No bowel obstruction or wall thickening.", "The bowel is normal in caliber without wall thickening.", "Stomach, small bowel and colon are unremarkable.", "Bowel loops are normal in caliber and wall thickness."]) { Chance = 0.85 },
            new(["bowel obstruction"], ["No bowel obstruction.", "There is no evidence of bowel obstruction.", "Bowel loops are not dilated."]) { Chance = 0.5 },
        ],
        Findings =
        [
            new("appendicitis") { Kinds = ["dilated appendix/dilated appendices", "thickened appendix/thickened appendices"], Concepts = ["bowel wall abnormality"], Size = new(8, 16), Weight = 2, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["acute appendicitis"], MaxAge = 75, Excludes = ["appendectomy"], Says = ["{there} {new} {x} measuring {size}, with periappendiceal stranding.", "{a} {x} of {size} in diameter with surrounding fat stranding{since}.", "{new} {x} measuring {size}, with periappendiceal stranding."], Ends = ["{x} measuring {size}{since}{dx}.", "{new} {x} with surrounding inflammation{dx}.", "{there} {x} measuring {size}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Surgery },
            new("diverticulitis") { Nouns = ["~pericolonic fat stranding with wall thickening", "~wall thickening and pericolonic inflammation"], Concepts = ["bowel wall abnormality"], Places = ["sigmoid colon", "descending colon"], At = "of the {place}", Grades = Mild, Weight = 2.2, MinAge = 32, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["acute uncomplicated diverticulitis", "acute diverticulitis"], Says = ["{grade} {x} {at} in the setting of diverticulosis{since}.", "There is {grade} {x} {at}{since}, without abscess.", "{new} {grade} {x} {at}."], Ends = ["{grade} {x} {at}{since}{dx}.", "{new} {x} {at}{dx}.", "{there} {grade} {x} {at}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.ColonoscopyLater, Excludes = ["diverticulosis"] },
            new("diverticulosis") { Kinds = ["~colonic diverticulosis", "~sigmoid diverticulosis", "~diverticulosis of the colon"], Grades = Extent, Weight = 3.5, MinAge = 42, Rank = 0, Says = ["{grade} {x} without diverticulitis{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}, without inflammation."] },
            new("small bowel obstruction") { Nouns = ["#dilated small bowel loops", "#dilated loops of small bowel"], Concepts = ["bowel obstruction", "bowel wall abnormality"], Size = new(32, 52), Places = ["right lower quadrant", "left lower quadrant", "mid pelvis", "left abdomen"], At = "with a transition point in the {place}", Weight = 1.6, Rank = 3, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["small bowel obstruction"], Says = ["{x} up to {size} with a transition point in the {place}{since}.", "There are {new} {x}, up to {size}, with a transition point in the {place}.", "{there} {x} up to {size} with a transition point in the {place}{since}."], Ends = ["{x} with a transition point in the {place}{since}{dx}.", "{new} {x}{dx}, with the transition in the {place}.", "{there} {x} with a transition point in the {place}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Surgery },
            new("colitis") { Kinds = ["~colonic wall thickening with mucosal hyperenhancement", "~wall thickening of the colon"], Concepts = ["bowel wall abnormality"], Grades = Mild, Traits = [new("part", "right-sided", "left-sided", "diffuse", "segmental")], Weight = 1.6, Rank = 2, Acute = true, Course = FindingCourse.Acute, Diagnoses = ["infectious or inflammatory colitis", "colitis", "ischemic colitis"], Says = ["{grade} {part} {x}{since}.", "There is {grade} {part} {x}{since}.", "{new} {grade} {part} {x}.", "{there} {grade} {part} {x}{since}."], Ends = ["{grade} {part} {x}{since}{dx}.", "{new} {part} {x}{dx}.", "{there} {grade} {part} {x}{since}{dx}."] },
            new("constipation") { Nouns = ["~stool burden", "~colonic stool burden"], Grades = ["moderate", "large"], Weight = 2, Rank = 0, Course = FindingCourse.Acute, Says = ["{grade} {x}{since}.", "There is a {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("hiatal hernia") { Grades = ["small", "moderate", "large"], Weight = 1.8, MinAge = 40, Rank = 0, Says = ["{grade} {x}{since}.", "{there} {grade} sliding {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] },
            new("appendectomy") { Nouns = ["~appendectomy"], Concepts = ["appendicitis"], Weight = 1.5, Rank = 0, Course = FindingCourse.Fixed, Says = ["Status post {x}.", "Postsurgical changes of prior {x}.", "The appendix is surgically absent, consistent with prior {x}."] },
            new("colonic mass") { Kinds = ["~irregular wall thickening", "~annular wall thickening"], Concepts = ["bowel wall abnormality"], Places = ["cecum", "ascending colon", "sigmoid colon", "rectum"], At = "of the {place}", Weight = 0.8, MinAge = 45, Rank = 3, Course = FindingCourse.Lesion, Diagnoses = ["colonic malignancy", "primary colon carcinoma"], Says = ["There is {x} {at}{since}.", "{new} {x} {at} with adjacent small lymph nodes.", "{x} {at}{since}."], Ends = ["{x} {at}{since}{dx}.", "{new} {x} {at}{dx}.", "{there} {x} {at}{since}{dx}."], Advice = s => s.IsStable ? null : Advice.Colonoscopy, AdviceChance = 0.9 },
        ],
    };

    private static readonly ReportOrgan s_bladder = new("Bladder")
    {
        Normals = [new(["bladder abnormality"], ["The bladder is unremarkable.", "Urinary bladder is unremarkable.", "Normal urinary bladder.", "Bladder is well distended and normal."])],
        Findings =
        [
            new("bladder wall thickening") { Kinds = ["~bladder wall thickening", "~circumferential bladder wall thickening"], Concepts = ["bladder abnormality"], Grades = Mild, Weight = 1.6, Rank = 1, Course = FindingCourse.Acute, Diagnoses = ["cystitis", "chronic outlet obstruction"], Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."], Ends = ["{grade} {x}{since}{dx}.", "{new} {x}{dx}.", "{there} {grade} {x}{since}{dx}."], Advice = _ => Advice.Urinalysis },
            new("bladder stone") { Nouns = ["bladder stone", "bladder calculus/bladder calculi"], Concepts = ["bladder abnormality"], Size = new(4, 22), Weight = 0.7, Rank = 1, Says = ["{size} {x}{since}.", "{there} {new} {size} {x}."], Ends = ["{size} {x}{since}.", "{new} {x}.", "{there} {size} {x}{since}."] },
        ],
    };

    private static readonly ReportOrgan s_female = new("Uterus and adnexa")
    {
        Sex = 'F',
        Normals = [new(["uterine abnormality", "adnexal abnormality"], ["The uterus and adnexa are unremarkable.", "Uterus and ovaries are unremarkable.", "No adnexal mass. Unremarkable uterus.", "Normal appearance of the uterus and adnexa."])],
        Findings =
        [
            new("uterine fibroid") { Nouns = ["uterine fibroid", "uterine leiomyoma"], Concepts = ["uterine abnormality"], Size = new(14, 78), Weight = 3, MinAge = 28, Rank = 0, Excludes = ["hysterectomy"], Says = ["{size} {x}{since}.", "{there} {new} {size} {x}.", "{x} measuring {size}{since}."] },
            new("ovarian cyst") { Nouns = ["adnexal cyst", "ovarian cyst"], Concepts = ["adnexal abnormality"], Side = FindingSide.Either, Size = new(15, 68), Weight = 2.5, MaxAge = 52, Rank = 1, Course = FindingCourse.Acute, AdviceChance = 1, Says = ["{size} {side} {x}{since}.", "{there} {new} {size} {side} {x}."], Ends = ["{size} {side} {x}{since}.", "{new} {side} {x} measuring {size}.", "{there} {size} {side} {x}{since}."], Advice = s => s.Largest <= 30 ? Advice.NoFollowUp : s.Largest <= 50 ? null : Advice.PelvicUltrasoundLater },
            new("postmenopausal adnexal cyst") { Kinds = ["adnexal cyst", "simple-appearing adnexal cyst"], Concepts = ["adnexal abnormality"], Side = FindingSide.Either, Size = new(12, 55), Weight = 1.2, MinAge = 53, Rank = 1, Course = FindingCourse.Lesion, AdviceChance = 1, Says = ["{size} {side} {x} in this postmenopausal patient{since}.", "{there} {new} {size} {side} {x}.", "{there} {size} {side} {x} in this postmenopausal patient{since}."], Ends = ["{size} {side} {x}{since}.", "{new} {side} {x} measuring {size}.", "{there} {size} {side} {x}{since}."], Advice = s => s.Largest <= 30 ? null : Advice.PelvicUltrasound },
            new("hysterectomy") { Nouns = ["~hysterectomy"], Concepts = ["uterine abnormality"], Weight = 1.8, MinAge = 38, Rank = 0, Course = FindingCourse.Fixed, Says = ["Status post {x}.", "The uterus is surgically absent after {x}.", "Postsurgical changes of prior {x}."] },
        ],
    };

    private static readonly ReportOrgan s_male = new("Prostate")
    {
        Sex = 'M',
        Normals = [new(["prostate abnormality"], ["The prostate is normal in size.", "Prostate and seminal vesicles are unremarkable.", "Normal prostate.", "The prostate is not enlarged."])],
        Findings = [new("prostatomegaly") { Nouns = ["~prostatomegaly", "~enlargement of the prostate"], Concepts = ["prostate abnormality"], Grades = Stenosis, Weight = 3, MinAge = 50, Rank = 0, Says = ["{grade} {x}{since}.", "There is {grade} {x}{since}.", "{new} {grade} {x}.", "{there} {grade} {x}{since}."] }],
    };

    private static readonly Wordings s_nothing = ["No acute abnormality in the abdomen or pelvis.", "No acute intra-abdominal or pelvic process.", "No acute findings in the abdomen or pelvis.", "No acute abdominopelvic abnormality."];
    private static readonly Wordings s_normal = ["Normal CT of the abdomen and pelvis.", "Unremarkable CT of the abdomen and pelvis.", "Normal abdominopelvic CT."];

    public static readonly ReportExam WithContrast = new("CT abdomen and pelvis with contrast")
    {
        Modality = "CT", Titles = ["CT Abdomen and Pelvis with IV Contrast", "CT ABDOMEN PELVIS W CONTRAST", "CT abdomen/pelvis with contrast", "CT Abdomen & Pelvis"], Noun = "CT of the abdomen and pelvis", Weight = 8, Contrast = true, Findings = 3.4, NormalChance = 0.12, AcuteConcept = "acute abdominal abnormality",
        Techniques = ["CT of the abdomen and pelvis with {ml} mL of intravenous contrast.", "Axial images from the lung bases through the pubic symphysis after IV contrast, with coronal and sagittal reformats.", "Contrast-enhanced CT of the abdomen and pelvis in the portal venous phase.", "Helical CT of the abdomen and pelvis following {ml} mL IV and oral contrast."],
        Organs = [AbdomenOrgans.LungBases, AbdomenOrgans.Liver, AbdomenOrgans.Biliary, AbdomenOrgans.Pancreas, AbdomenOrgans.Spleen, AbdomenOrgans.Adrenals, s_kidneys, s_bowel, s_bladder, s_female, s_male, AbdomenOrgans.Nodes, AbdomenOrgans.Vessels, AbdomenOrgans.Bones],
        NothingAcute = s_nothing, Normal = s_normal,
        Reasons =
        [
            new(["right lower quadrant pain", "right lower quadrant pain and leukocytosis", "acute right lower quadrant tenderness"]) { Boosts = ["appendicitis", "ovarian cyst"], Question = "appendicitis", Asks = "appendicitis", Weight = 5, MaxAge = 75 },
            new(["left lower quadrant pain", "left lower quadrant pain and fever"]) { Boosts = ["diverticulitis", "diverticulosis"], Question = "diverticulitis", Asks = "diverticulitis", Weight = 4, MinAge = 30 },
            new(["abdominal pain", "diffuse abdominal pain", "abdominal pain, nausea and vomiting", "vomiting and abdominal distention"]) { Boosts = ["small bowel obstruction", "acute pancreatitis"], Question = "bowel obstruction", Asks = "bowel obstruction", Weight = 5 },
            new(["epigastric pain with elevated lipase", "epigastric pain", "alcohol use and epigastric pain"]) { Boosts = ["acute pancreatitis", "pancreatic cyst"], Question = "acute pancreatitis", Asks = "pancreatitis", Weight = 3 },
            new(["a history of colon cancer", "colorectal cancer surveillance", "restaging of known malignancy"]) { Boosts = ["liver metastases", "hypoattenuating liver lesion", "retroperitoneal lymphadenopathy"], Question = "lymphadenopathy", Asks = "metastatic disease", NotWith = ["liver metastases", "hypoattenuating liver lesion", "lytic bone lesion", "colonic mass", "pancreatic mass", "renal mass"], Weight = 3, MinAge = 40 },
            new(["weight loss", "unintentional weight loss", "anemia and weight loss"]) { Boosts = ["colonic mass", "pancreatic mass", "renal mass"], Weight = 2, MinAge = 40 },
            new(["fever after surgery", "postoperative fever", "sepsis of unknown source"]) { Boosts = ["ascites", "colitis", "pyelonephritis"], Question = "abscess", Asks = "abscess", Weight = 2 },
            new(["bloody diarrhea", "diarrhea and abdominal cramping", "diarrhea for one week"]) { Boosts = ["colitis"], Weight = 2 },
        ],
    };

    public static readonly ReportExam Stones = new("CT stone protocol")
    {
        Modality = "CT", Titles = ["CT Abdomen and Pelvis without Contrast", "CT STONE PROTOCOL", "CT KUB without contrast", "CT renal stone protocol"], Noun = "CT stone protocol", Weight = 4, Findings = 2.8, NormalChance = 0.12, AcuteConcept = "acute abdominal abnormality",
        Techniques = ["Unenhanced CT of the abdomen and pelvis, stone protocol.", "Axial images of the abdomen and pelvis without oral or intravenous contrast.", "Low-dose noncontrast CT from the kidneys through the bladder.", "Noncontrast CT of the abdomen and pelvis with coronal reformats."],
        Organs = [s_kidneys, s_bladder, AbdomenOrgans.LungBases, AbdomenOrgans.Liver, AbdomenOrgans.Biliary, AbdomenOrgans.Pancreas, AbdomenOrgans.Spleen, s_bowel, s_female, s_male, AbdomenOrgans.Vessels, AbdomenOrgans.Bones],
        NothingAcute = s_nothing, Normal = s_normal,
        Reasons =
        [
            new(["right flank pain", "left flank pain", "acute flank pain", "flank pain and hematuria"]) { Boosts = ["ureteral stone", "nephrolithiasis"], Question = "ureteral stone", Asks = "an obstructing stone", Weight = 5 },
            new(["a history of kidney stones", "recurrent nephrolithiasis", "known renal calculi with new pain"]) { Boosts = ["nephrolithiasis", "ureteral stone"], Question = "ureteral stone", Asks = "a ureteral stone", Weight = 4 },
            new(["microscopic hematuria", "gross hematuria"]) { Boosts = ["nephrolithiasis", "bladder stone", "bladder wall thickening"], Question = "hydronephrosis", Asks = "hydronephrosis", Weight = 2 },
        ],
    };
}
